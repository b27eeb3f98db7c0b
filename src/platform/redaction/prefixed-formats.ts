import { furtherPrefixes } from './further-prefixes.ts';
import type { PrefixedFormat } from './prefixed-format.ts';
import { servicePrefixes } from './service-prefixes.ts';

function oneOf(start: string, ends: string): readonly string[] {
  return [...ends].map((end) => start + end);
}

/** The address as it is usually written, so that not even its scheme is left of it. */
function withScheme(hosts: readonly string[]): readonly string[] {
  return [...hosts.map((host) => `https://${host}`), ...hosts];
}

const word = /[A-Za-z0-9_-]{16,512}/y;
const dotted = /[A-Za-z0-9_.=~+/-]{16,2048}/y;

/** Formats as their issuers document them, or as their tools print them. */
export const prefixedFormats: readonly PrefixedFormat[] = [
  {
    kind: 'github-token',
    prefixes: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'],
    body: /[A-Za-z0-9_.-]{20,1024}/y,
  },
  { kind: 'github-pat', prefixes: ['github_pat_'], body: /[A-Za-z0-9_]{20,255}/y },
  {
    kind: 'gitlab-token',
    prefixes: [
      'glpat-',
      'gldt-',
      'glrt-',
      'glcbt-',
      'glptt-',
      'glft-',
      'glsoat-',
      'glagent-',
      'gloas-',
      'glimt-',
      'glffct-',
      'GR1348941',
    ],
    // One that can be routed carries its length and a checksum behind dots.
    body: /[A-Za-z0-9_-]{16,512}(?:(?:\.[0-9a-z]{2})?\.[0-9a-z]{7,12}(?![0-9a-z]))?/y,
  },
  { kind: 'anthropic-key', prefixes: ['sk-ant-'], body: /[A-Za-z0-9_-]{10,255}/y },
  {
    kind: 'api-key',
    prefixes: ['sk-'],
    body: /(?=[A-Za-z_-]{0,200}[0-9])[A-Za-z0-9_-]{20,255}/y,
    standsAlone: true,
  },
  {
    kind: 'huggingface-token',
    prefixes: ['hf_', 'api_org_'],
    body: /[A-Za-z0-9]{30,64}/y,
    standsAlone: true,
  },
  { kind: 'replicate-token', prefixes: ['r8_'], body: /[A-Za-z0-9]{37,40}/y, standsAlone: true },
  {
    kind: 'sendgrid-key',
    prefixes: ['SG.'],
    body: /[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}/y,
    standsAlone: true,
  },
  {
    kind: 'twilio-key',
    prefixes: oneOf('SK', '0123456789abcdefABCDEF'),
    body: /[0-9a-fA-F]{31}(?![0-9a-zA-Z])/y,
    standsAlone: true,
  },
  { kind: 'facebook-token', prefixes: ['EAA'], body: /[A-Za-z0-9]{60,400}/y, standsAlone: true },
  {
    kind: 'airtable-token',
    prefixes: ['pat'],
    body: /[A-Za-z0-9]{14}\.[0-9a-f]{64}/y,
    standsAlone: true,
  },
  {
    kind: 'dropbox-token',
    prefixes: ['sl.'],
    body: /(?:u\.)?[A-Za-z0-9_-]{100,1500}/y,
    standsAlone: true,
  },
  {
    kind: 'google-refresh-token',
    prefixes: ['1//0'],
    body: /[A-Za-z0-9_-]{30,200}/y,
    standsAlone: true,
  },
  {
    kind: 'password-hash',
    prefixes: ['$1$', '$5$', '$6$', '$y$'],
    body: /(?:rounds=[0-9]{1,9}\$)?(?:[A-Za-z0-9./]{1,40}\$){1,3}[A-Za-z0-9./]{22,90}/y,
  },
  { kind: 'groq-key', prefixes: ['gsk_'], body: /[A-Za-z0-9]{30,128}/y },
  { kind: 'xai-key', prefixes: ['xai-'], body: /[A-Za-z0-9]{40,128}/y, standsAlone: true },
  { kind: 'perplexity-key', prefixes: ['pplx-'], body: /[A-Za-z0-9]{30,128}/y },
  {
    kind: 'stripe-key',
    prefixes: ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'pk_live_', 'pk_test_', 'whsec_'],
    body: /(?:[A-Za-z0-9+/=]{16,255}|(?=[A-Za-z]{0,12}[0-9])[A-Za-z0-9_-]{30,255})/y,
    standsAlone: true,
  },
  {
    kind: 'aws-key-id',
    prefixes: ['AKIA', 'ASIA', 'ABIA', 'ACCA'],
    // With the secret behind it where both are written as a pair.
    body: /[A-Z0-9]{16}(?![A-Za-z0-9])(?:[^A-Za-z0-9\n]{1,12}[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=]))?/y,
    standsAlone: true,
  },
  {
    kind: 'aws-session-token',
    prefixes: ['IQoJb3JpZ2lu', 'FwoGZXIvYXdz', 'FQoGZXIvYXdz'],
    body: /[A-Za-z0-9+/=%]{40,4096}/y,
  },
  { kind: 'amazon-mws-token', prefixes: ['amzn.mws.'], body: /[0-9a-f-]{36}/y },
  {
    kind: 'slack-token',
    prefixes: [
      'xoxa-',
      'xoxb-',
      'xoxc-',
      'xoxd-',
      'xoxe-',
      'xoxo-',
      'xoxp-',
      'xoxr-',
      'xoxs-',
      'xapp-',
      'xoxe.',
    ],
    body: /[A-Za-z0-9.%+/=-]{8,512}/y,
  },
  {
    kind: 'slack-webhook',
    prefixes: withScheme([
      'hooks.slack.com/services/',
      'hooks.slack.com/workflows/',
      'hooks.slack.com/triggers/',
    ]),
    body: /[A-Za-z0-9/+_-]{20,255}/y,
  },
  {
    kind: 'discord-webhook',
    prefixes: withScheme(['discord.com/api/webhooks/', 'discordapp.com/api/webhooks/']),
    body: /[0-9]{10,24}\/[A-Za-z0-9_-]{40,128}/y,
  },
  {
    kind: 'teams-webhook',
    prefixes: ['webhook.office.com/webhookb2/'],
    body: /[A-Za-z0-9@/-]{60,512}/y,
  },
  { kind: 'npm-token', prefixes: ['npm_'], body: /[A-Za-z0-9]{36,64}/y },
  { kind: 'pypi-token', prefixes: ['pypi-'], body: /[A-Za-z0-9_-]{50,512}/y },
  { kind: 'gem-key', prefixes: ['rubygems_'], body: /[0-9a-f]{48}/y },
  {
    kind: 'nuget-key',
    prefixes: ['oy2'],
    body: /[a-z0-9]{43}(?![a-z0-9])/y,
    standsAlone: true,
  },
  { kind: 'clojars-token', prefixes: ['CLOJARS_'], body: /[A-Za-z0-9]{50,70}/y },
  { kind: 'docker-token', prefixes: ['dckr_pat_', 'dckr_oat_'], body: word },
  { kind: 'google-key', prefixes: ['AIza'], body: /[A-Za-z0-9_-]{35}/y, standsAlone: true },
  { kind: 'google-token', prefixes: ['ya29.'], body: /[A-Za-z0-9_-]{20,1024}/y },
  { kind: 'google-client-secret', prefixes: ['GOCSPX-'], body: /[A-Za-z0-9_-]{20,64}/y },
  {
    kind: 'twitter-bearer',
    prefixes: ['AAAAAAAAAAAAAAAAAAAA'],
    body: /[A-Za-z0-9%]{40,200}/y,
    standsAlone: true,
    leave: (secret) => /^A+$/.test(secret),
  },
  {
    kind: 'shopify-token',
    prefixes: ['shpat_', 'shpca_', 'shppa_', 'shpss_', 'shptka_'],
    body: /[A-Za-z0-9]{32,64}/y,
  },
  {
    kind: 'square-token',
    prefixes: ['sq0atp-', 'sq0csp-', 'sq0idp-', 'sq0csb-', 'sandbox-sq0'],
    body: /[A-Za-z0-9_-]{22,60}/y,
  },
  {
    kind: 'braintree-token',
    prefixes: ['access_token$production$', 'access_token$sandbox$'],
    body: /[a-z0-9$]{32,80}/y,
  },
  { kind: 'sendinblue-key', prefixes: ['xkeysib-', 'xsmtpsib-'], body: /[A-Za-z0-9-]{40,128}/y },
  { kind: 'mailgun-key', prefixes: ['key-'], body: /[0-9a-f]{32}(?![0-9a-f])/y, standsAlone: true },
  {
    kind: 'digitalocean-token',
    prefixes: ['dop_v1_', 'doo_v1_', 'dor_v1_'],
    body: /[0-9a-f]{40,64}/y,
  },
  { kind: 'heroku-key', prefixes: ['HRKU-'], body: /[A-Za-z0-9_-]{36,80}/y },
  {
    kind: 'vercel-token',
    prefixes: ['vcp_', 'vci_', 'vca_', 'vcr_', 'vck_'],
    body: /[A-Za-z0-9]{24,80}/y,
    standsAlone: true,
  },
  {
    kind: 'netlify-token',
    prefixes: ['nfp_', 'nfc_', 'nfo_', 'nfu_'],
    body: /[A-Za-z0-9]{36,80}/y,
    standsAlone: true,
  },
  {
    kind: 'fly-token',
    prefixes: ['fo1_', 'fm1r_', 'fm2_', 'FlyV1 fm'],
    body: /[A-Za-z0-9+/=_,-]{40,2048}/y,
    standsAlone: true,
  },
  { kind: 'render-key', prefixes: ['rnd_'], body: /[A-Za-z0-9]{28,64}/y, standsAlone: true },
  {
    kind: 'supabase-key',
    prefixes: ['sbp_', 'sb_secret_'],
    body: /[\w-]{24,80}/y,
    standsAlone: true,
  },
  {
    kind: 'planetscale-token',
    prefixes: ['pscale_tkn_', 'pscale_pw_', 'pscale_oauth_'],
    body: /[A-Za-z0-9_.=-]{32,80}/y,
  },
  {
    kind: 'databricks-token',
    prefixes: ['dapi', 'dose', 'dsapi'],
    body: /[0-9a-f]{32}(?:-\d)?(?![0-9a-z])/y,
    standsAlone: true,
  },
  { kind: 'grafana-token', prefixes: ['glsa_', 'glc_'], body: /[A-Za-z0-9_=+/]{30,400}/y },
  {
    kind: 'vault-token',
    prefixes: ['hvs.', 'hvb.', 'hvr.', 'b.AAAAAQ'],
    body: /[A-Za-z0-9_-]{24,300}/y,
    standsAlone: true,
  },
  {
    kind: 'doppler-token',
    prefixes: ['dp.pt.', 'dp.st.', 'dp.ct.', 'dp.sa.', 'dp.scim.', 'dp.audit.'],
    body: /[A-Za-z0-9._-]{40,80}/y,
    standsAlone: true,
  },
  { kind: 'pulumi-token', prefixes: ['pul-'], body: /[0-9a-f]{40}/y, standsAlone: true },
  { kind: 'infracost-key', prefixes: ['ico-'], body: /[A-Za-z0-9]{32}/y, standsAlone: true },
  { kind: 'prefect-key', prefixes: ['pnu_', 'pnb_'], body: /[A-Za-z0-9]{36}/y, standsAlone: true },
  { kind: 'buildkite-token', prefixes: ['bkua_', 'bkct_'], body: /[0-9a-f]{40}/y },
  { kind: 'circleci-token', prefixes: ['CCIPAT_', 'CCIPRJ_'], body: /[A-Za-z0-9_]{40,100}/y },
  {
    kind: 'sonar-token',
    prefixes: ['sqp_', 'squ_', 'sqa_'],
    body: /[0-9a-z=_-]{40}/y,
    standsAlone: true,
  },
  { kind: 'artifactory-key', prefixes: ['AKCp'], body: /[A-Za-z0-9]{20,128}/y, standsAlone: true },
  {
    kind: 'atlassian-token',
    prefixes: ['ATATT3', 'ATCTT3', 'ATBB', 'ATOA'],
    body: /[A-Za-z0-9_=-]{20,512}/y,
    standsAlone: true,
  },
  { kind: 'linear-key', prefixes: ['lin_api_', 'lin_oauth_'], body: /[A-Za-z0-9]{32,80}/y },
  {
    kind: 'notion-token',
    prefixes: ['ntn_', 'secret_'],
    body: /[A-Za-z0-9]{40,60}(?![A-Za-z0-9_])/y,
    standsAlone: true,
  },
  { kind: 'figma-token', prefixes: ['figd_', 'figo_', 'figu_'], body: word },
  { kind: 'postman-key', prefixes: ['PMAK-'], body: /[0-9A-Za-z]{24}-[0-9A-Za-z]{34}/y },
  {
    kind: 'newrelic-key',
    prefixes: ['NRAK-', 'NRAA-', 'NRII-', 'NRSP-', 'NRJS-'],
    body: /[A-Za-z0-9_-]{19,64}/y,
  },
  {
    kind: 'dynatrace-token',
    prefixes: ['dt0c01.', 'dt0s01.', 'dt0s02.', 'dt0s16.'],
    body: /[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}/y,
  },
  { kind: 'sentry-token', prefixes: ['sntrys_', 'sntryu_'], body: dotted },
  { kind: 'typeform-token', prefixes: ['tfp_'], body: /[A-Za-z0-9_.-]{40,80}/y },
  { kind: 'contentful-token', prefixes: ['CFPAT-'], body: /[A-Za-z0-9_-]{40,60}/y },
  { kind: 'readme-token', prefixes: ['rdme_'], body: /[a-z0-9]{60,80}/y },
  { kind: 'easypost-key', prefixes: ['EZAK', 'EZTK'], body: /[A-Za-z0-9]{54}/y, standsAlone: true },
  { kind: 'shippo-token', prefixes: ['shippo_live_', 'shippo_test_'], body: /[0-9a-fA-F]{40}/y },
  { kind: 'flutterwave-key', prefixes: ['FLWSECK_', 'FLWSECK-'], body: /[A-Za-z0-9_-]{12,80}/y },
  { kind: 'tailscale-key', prefixes: ['tskey-'], body: /[A-Za-z0-9-]{20,120}/y },
  { kind: 'onepassword-token', prefixes: ['ops_eyJ'], body: /[A-Za-z0-9+/=_-]{60,4096}/y },
  {
    kind: 'launchdarkly-key',
    prefixes: ['sdk-'],
    body: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/y,
    standsAlone: true,
  },
  {
    kind: 'alibaba-key-id',
    prefixes: ['LTAI'],
    body: /[A-Za-z0-9]{12,26}(?![A-Za-z0-9])/y,
    standsAlone: true,
  },
  {
    kind: 'tencent-key-id',
    prefixes: ['AKID'],
    body: /[A-Za-z0-9]{32}(?![A-Za-z0-9])/y,
    standsAlone: true,
  },
  { kind: 'adafruit-key', prefixes: ['aio_'], body: /[A-Za-z0-9]{28}/y, standsAlone: true },
  { kind: 'pinecone-key', prefixes: ['pcsk_'], body: /[A-Za-z0-9_]{40,90}/y },
  { kind: 'langsmith-key', prefixes: ['lsv2_pt_', 'lsv2_sk_'], body: /[0-9a-z_]{32,60}/y },
  {
    kind: 'plaid-token',
    prefixes: ['access-sandbox-', 'access-development-', 'access-production-'],
    body: /[0-9a-f-]{36}/y,
  },
  { kind: 'age-key', prefixes: ['AGE-SECRET-KEY-1', 'AGE-PLUGIN-'], body: /[A-Z0-9-]{40,200}/y },
  {
    kind: 'claude-manager-token',
    prefixes: ['cms_'],
    body: /[A-Za-z0-9_-]{24,255}/y,
    standsAlone: true,
  },
  {
    kind: 'password-hash',
    prefixes: ['$2a$', '$2b$', '$2y$', '$apr1$', '$argon2id$', '$argon2i$', '$scrypt$', '$pbkdf2'],
    body: /[A-Za-z0-9./$=,+-]{20,512}/y,
  },
  ...servicePrefixes,
  ...furtherPrefixes,
  {
    kind: 'jwt',
    prefixes: [...oneOf('eyJ', 'h0rljc6p4iu'), 'ewog', 'ewoJ', 'eyAi'],
    body: /[A-Za-z0-9_-]{5,4096}\.(?:eyJ|ewo|[A-Za-z0-9_-]{0,1024}\.)[A-Za-z0-9_-]{0,8192}\.?[A-Za-z0-9_-]{8,4096}(?:\.[A-Za-z0-9_-]{8,1024}){0,2}/y,
    standsAlone: true,
  },
  {
    kind: 'private-key',
    prefixes: ['LS0tLS1CRUdJTi'],
    body: /[A-Za-z0-9+/=]{20,16384}/y,
    leave: (secret) =>
      !Buffer.from(secret.slice(0, 64), 'base64').toString('latin1').includes('PRIVATE'),
  },
];
