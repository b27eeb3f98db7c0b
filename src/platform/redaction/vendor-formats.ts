import type { ContextFormat } from './context-format.ts';
import { looksLikeCode, looksStrong } from './not-a-secret.ts';
import { beyond, setOf } from './reader.ts';
import { isInName } from './secret-names.ts';

/**
 * Who gives out keys that have no look of their own: beside one of these names a value that looks random is a key. Names
 * beside which such a value is mostly something else (of code hosts: commits; of registries: digests) are not here.
 */
const vendors =
  'abstractapi abuseipdb adafruit adobe adyen agora_ airbrake airtable aiven algolia alibaba aliyun alchemy amplitude anthropic appcues apptio asana assemblyai auth0 authy bamboohr beamer binance bintray bitbucket bitfinex bitly bittrex bluesky braintree branchio braze bugsnag calendly cerebras checkr circleci clarifai clearbit clerk clickup cloudflare cloudinary codacy codeclimate codecov cohere coinbase coinmarketcap confluent confluence contentful copper coveralls cypress datadog deepgram deepseek deepl discord disqus docusign doppler droneci dropbox dynatrace etsy_ eventbrite facebook fastly figma finicity finnhub firebase fixer flickr fossa foursquare freshbooks freshdesk fullstory geoapify giphy gitter gocardless grafana gumroad helpscout heroku hetzner honeybadger honeycomb hubspot huggingface infura instagram intercom ipinfo ipstack iterable jfrog artifactory jenkins jotform keycloak kickbox klaviyo kraken kucoin launchdarkly linkedin linked-in linked_in linode livekit logdna loggly looker magento mailboxlayer mailchimp mailerlite mailgun mailjet mailtrap mandrill mapbox mattermost maxmind meraki messagebird message_bird message-bird metabase mistral mixpanel monday moralis netlify newrelic new-relic new_relic newsapi newyorktimes new-york-times nexmo ngrok notion nytimes okta onelogin onesignal openai opencage openweather opsgenie optimizely ovhcloud pagerduty parseur paystack pendo perplexity pexels pinecone pipedrive plaid planetscale plivo postmark postman privateai private-ai private_ai prestashop pubnub pusher quickbooks rapidapi razorpay recaptcha recurly redislabs replicate ringcentral rollbar salesforce saucelabs scaleway scalr sendbird sendgrid sendinblue brevo sentry servicenow shippo shodan shopify shutterstock sinch slack smartsheet smtp2go snowflake snyk sonar splunk spotify squarespace stability statuspage strava stripe sumologic sumo_ sumo- supabase surveymonkey tableau tavily teamcity telegram telnyx terraform tomtom travis travisci trello twilio twitch twitter typeform unsplash upcloud urlscan uptimerobot vercel virustotal vonage vultr wandb weatherapi weatherbit weatherstack webflow wistia wordnik workday wrike yandex yelp youtube zendesk zerobounce zerotier zoominfo'.split(
    ' ',
  );

/** What stands beside such a name and is the name of something, not a key. */
const isOther =
  /^.{0,80}?(?:sha|hash|digest|commit|etag|checksum|version|fingerprint|integrity|trace|span|request|event|message|correlation|public|build|revision|ref|branch|image|cursor|file|path|url|uri|host|domain|region)[a-z]{0,3}[_-]?(?:id)?["']?\s{0,3}[:=]/i;

/** The first arguments of a call, one of which may be a key. */
const firstArguments = String.raw`\((?:["'][A-Za-z0-9_.@-]{1,100}["'],[ \t]{0,4}){0,2}["']([A-Za-z0-9][A-Za-z0-9_.=+/-]{14,255})["']`;

export const vendorFormats: readonly ContextFormat[] = [
  {
    kind: 'vendor-key',
    starts: vendors,
    holdsOneOf: '=:,',
    within: 70,
    pattern: new RegExp(
      String.raw`(?:${vendors.join('|')})[A-Za-z0-9_.-]{0,30}(?![A-Za-z0-9_.-])["'\\]{0,3}[ \t]{0,4}(?:=>|:=|=|:|,)[ \t]{0,4}["'\\\`]{0,3}([A-Za-z0-9][A-Za-z0-9_.=+/-]{14,255})(?![A-Za-z0-9_@(])`,
      'iy',
    ),
    isNone: isNotAssigned,
    isBarren,
    leave: (secret, match) =>
      looksLikeCode(secret) || isOther.test(match) || secret.includes('://') || !isKey(secret),
  },
  {
    // `new Mandrill("…")`, `algoliasearch("…", "…")`
    kind: 'vendor-key',
    starts: vendors,
    holds: '(',
    within: 40,
    pattern: new RegExp(
      String.raw`(?:${vendors.join('|')})(?:api|client|sdk|search)?(?:["']\))?${firstArguments}`,
      'iy',
    ),
    leave: isNoKey,
  },
  {
    // `cohere.Client("…")`, `twilio = Client("…", "…")`
    kind: 'vendor-key',
    starts: ['client(', 'init(', 'initialize(', 'configure(', 'key(', 'connect(', 'setup('],
    pattern: new RegExp(
      String.raw`(?=[a-z]{3,10}${firstArguments})(?<=(?:${vendors.join('|')})[A-Za-z0-9_.]{0,30}(?:[ \t]{0,4}:?=[ \t]{0,4}(?:new )?[A-Za-z0-9_.:]{0,40})?)[a-z]{3,10}${firstArguments}`,
      'iy',
    ),
    leave: isNoKey,
  },
  {
    // `creds: …`, `authData = "…"`
    kind: 'credential',
    starts: ['cred', 'auth'],
    holdsOneOf: '=:',
    within: 50,
    pattern:
      /(?:creds?|credentials?|auth(?!or|ent|[_-]?(?:token|key|secret)))[A-Za-z0-9_-]{0,20}(?![A-Za-z0-9_-])["'\\]{0,3}[ \t]{0,4}(?:=>|:=|=|:)[ \t]{0,4}["'\\`]{0,3}([A-Za-z0-9][A-Za-z0-9_.=+/-]{18,255})(?![A-Za-z0-9_@(])/iy,
    isNone: isNotAssigned,
    isBarren,
    leave: (secret, match) =>
      looksLikeCode(secret) || isOther.test(match) || secret.includes('://') || !isKey(secret),
  },
];

/** Words of a name, with dots or dashes between them, are none; neither is a date or a version. */
function isKey(value: string): boolean {
  if (/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value)) return true;
  if (/^v?[0-9]{1,4}[.-][0-9]{1,4}[.-]/.test(value)) return false;
  return value.split(/[./_=-]+/).some((part) => part.length >= 12 && looksStrong(part));
}

/** Neither it nor a part of it is a key: none of its words has digits and letters enough. */
function isBarren(value: string): boolean {
  return value
    .split(/[./_=-]+/)
    .every((part) => part.length < 12 || !/[0-9]/.test(part) || !/[A-Za-z]/.test(part));
}

function isNoKey(value: string): boolean {
  return looksLikeCode(value) || value.includes('://') || !isKey(value);
}

/** Whether no sign for a value stands behind the name that begins here, its quotes and blanks. */
function isNotAssigned(units: Uint16Array, at: number): boolean {
  let end = at;
  for (const set of [isInName, isBehindName, isBlank])
    while (set[Math.min(units[end] ?? 0, beyond)] === 1) end += 1;
  return isSign[Math.min(units[end] ?? 0, beyond)] !== 1;
}
const isBehindName = setOf(`"'\\`);
const isBlank = setOf(' \t');
const isSign = setOf('=:,');
