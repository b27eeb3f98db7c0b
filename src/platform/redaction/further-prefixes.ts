import { looksStrong } from './not-a-secret.ts';
import type { PrefixedFormat } from './prefixed-format.ts';

const word = /[A-Za-z0-9_-]{16,512}/y;
const long = /[A-Za-z0-9_-]{28,512}/y;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/iy;
/** Of a prefix that may be a word: what follows has to look like nothing but a secret. */
const leave = (secret: string): boolean => !looksStrong(secret);

/** The same where only the length is known: small letters, capitals and digits have to be there. */
const isPlain = (secret: string): boolean => {
  const body = secret.slice(4);
  return !/[0-9]/.test(body) || !/[a-z]/.test(body) || !/[A-Z]/.test(body);
};

/** Formats of services whose names say what they are, as their documents, their tools and public lists of rules show them. */
export const furtherPrefixes: readonly PrefixedFormat[] = [
  // Models and what is built on them.
  { kind: 'nvidia-key', prefixes: ['nvapi-'], body: long },
  { kind: 'cerebras-key', prefixes: ['csk-'], body: /[a-z0-9]{40,64}/y, standsAlone: true },
  { kind: 'together-key', prefixes: ['tgp_v1_'], body: long },
  {
    kind: 'runpod-key',
    prefixes: ['rpa_'],
    body: /[A-Z0-9]{40}[a-z0-9]{0,8}/iy,
    standsAlone: true,
  },
  { kind: 'jina-key', prefixes: ['jina_'], body: /[A-Za-z0-9_-]{50,80}/y, standsAlone: true },
  {
    kind: 'firecrawl-key',
    prefixes: ['fc-'],
    body: /[0-9a-f]{32}(?![0-9a-z])/y,
    standsAlone: true,
  },
  { kind: 'browserbase-key', prefixes: ['bb_live_', 'bb_test_'], body: word },
  { kind: 'llamacloud-key', prefixes: ['llx-'], body: /[A-Za-z0-9]{40,64}/y, standsAlone: true },
  { kind: 'wandb-key', prefixes: ['wandb_v1_'], body: long },
  { kind: 'openai-session', prefixes: ['sess-'], body: /[A-Za-z0-9]{40}/y, standsAlone: true },
  { kind: 'aws-bedrock', prefixes: ['bedrock-api-key-'], body: /[A-Za-z0-9+/=_-]{20,4096}/y },
  { kind: 'apify-token', prefixes: ['apify_api_'], body: /[A-Za-z0-9-]{30,50}/y },
  // Clouds and hosting.
  { kind: 'defined-key', prefixes: ['dnkey-'], body: long },
  { kind: 'vercel-token', prefixes: ['vercel_blob_rw_'], body: /[A-Za-z0-9_]{40,80}/y },
  {
    kind: 'yandex-key',
    prefixes: [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'].map(
      (one) => `YC${one}`,
    ),
    body: /[A-Za-z0-9_-]{37}(?![A-Za-z0-9_-])/y,
    standsAlone: true,
    leave: isPlain,
  },
  {
    kind: 'gocardless-token',
    prefixes: ['live_', 'sandbox_'],
    body: /[A-Za-z0-9_-]{40}(?![A-Za-z0-9_-])/y,
    standsAlone: true,
    leave: isPlain,
  },
  {
    kind: 'mapbox-token',
    prefixes: ['pk.', 'sk.', 'tk.'],
    body: /[A-Za-z0-9]{60}\.[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])/y,
    standsAlone: true,
  },
  {
    kind: 'aws-key-id',
    prefixes: ['A3T'],
    body: /[A-Z0-9]{17}(?![A-Za-z0-9])/y,
    standsAlone: true,
  },
  { kind: 'appsync-key', prefixes: ['da2-'], body: /[a-z0-9]{26}(?![a-z0-9])/y, standsAlone: true },
  { kind: 'cloudflare-token', prefixes: ['cfut_', 'cfat_', 'cfk_'], body: /[A-Za-z0-9]{40,64}/y },
  { kind: 'fly-token', prefixes: ['fm1a_', 'fm1r_'], body: /[A-Za-z0-9+/=_,-]{40,2048}/y },
  {
    kind: 'backblaze-key',
    prefixes: ['K00'],
    body: /[0-9][A-Za-z0-9/+]{27}(?![A-Za-z0-9/+=])/y,
    standsAlone: true,
    leave,
  },
  {
    kind: 'clickhouse-key',
    prefixes: ['4b1d'],
    body: /[A-Za-z0-9]{38}(?![A-Za-z0-9])/y,
    standsAlone: true,
  },
  { kind: 'neon-key', prefixes: ['napi_'], body: /[a-z0-9]{40,80}/y },
  { kind: 'xata-key', prefixes: ['xau_'], body: /[A-Za-z0-9]{30,60}/y, standsAlone: true },
  { kind: 'atlas-secret', prefixes: ['mdb_sa_sk_'], body: /[A-Za-z0-9_-]{30,60}/y },
  { kind: 'cockroach-key', prefixes: ['CCDB1_'], body: /[A-Za-z0-9_]{40,80}/y },
  { kind: 'aiven-password', prefixes: ['AVNS_'], body: /[A-Za-z0-9_-]{18,30}/y },
  {
    kind: 'fauna-secret',
    prefixes: ['fnAE', 'fnAD'],
    body: /[A-Za-z0-9_-]{36}/y,
    standsAlone: true,
  },
  { kind: 'depot-token', prefixes: ['depot_org_', 'depot_project_', 'depot_user_'], body: word },
  { kind: 'swarm-token', prefixes: ['SWMTKN-1-'], body: /[a-z0-9]{40,60}-[a-z0-9]{20,30}/y },
  {
    kind: 'k3s-token',
    prefixes: ['K10'],
    body: /[0-9a-f]{64}(?:::[a-z]{4,10}:[0-9A-Za-z]{16,64})?/y,
    standsAlone: true,
  },
  {
    kind: 'rancher-token',
    prefixes: ['token-', 'kubeconfig-'],
    body: /[a-z0-9-]{4,24}:[a-z0-9]{54}/y,
    standsAlone: true,
  },
  {
    kind: 'portainer-token',
    prefixes: ['ptr_'],
    body: /[A-Za-z0-9+/=]{40,50}/y,
    standsAlone: true,
  },
  // Code, builds, packages, what scans them.
  { kind: 'github-token', prefixes: ['v1.'], body: /[0-9a-f]{40}(?![0-9a-z])/y, standsAlone: true },
  {
    kind: 'bitbucket-token',
    prefixes: ['BBDC-', 'BBFF-'],
    body: /[A-Za-z0-9+/@_-]{30,50}/y,
    standsAlone: true,
  },
  { kind: 'buildkite-token', prefixes: ['bkaj_', 'bkpt_'], body: /[A-Za-z0-9]{40}/y },
  {
    kind: 'percy-token',
    prefixes: ['web_', 'app_', 'auto_'],
    body: /[0-9a-f]{64}(?![0-9a-z])/y,
    standsAlone: true,
  },
  { kind: 'chromatic-token', prefixes: ['chpt_'], body: /[0-9a-z]{12,40}/y, standsAlone: true },
  { kind: 'jsr-token', prefixes: ['jsrp_', 'jsrd_'], body: /[A-Za-z0-9]{30,60}/y },
  { kind: 'openvsx-token', prefixes: ['ovsxat_', 'ovsxp_'], body: /[0-9a-f-]{36}/y },
  {
    kind: 'sonar-token',
    prefixes: ['sqp_', 'squ_', 'sqa_'],
    body: /[0-9a-z=_-]{40}/y,
    standsAlone: true,
  },
  { kind: 'snyk-token', prefixes: ['snyk_uat.', 'snyk_sat.'], body: /[A-Za-z0-9._-]{20,200}/y },
  { kind: 'socket-token', prefixes: ['sktsec_'], body: /[A-Za-z0-9_-]{30,120}/y },
  { kind: 'endor-token', prefixes: ['endr+'], body: /[A-Za-z0-9-]{16}/y, standsAlone: true },
  { kind: 'aikido-token', prefixes: ['AIK_CI_'], body: /[A-Za-z0-9]{40,80}/y },
  {
    kind: 'stackhawk-key',
    prefixes: ['hawk.'],
    body: /[A-Za-z0-9_-]{20}\.[A-Za-z0-9_-]{20}/y,
    standsAlone: true,
  },
  {
    kind: 'infisical-token',
    prefixes: ['st.'],
    body: /[0-9a-f-]{24,36}\.[0-9a-f]{32}\.[0-9a-f]{32}/y,
    standsAlone: true,
  },
  {
    kind: 'artifactory-key',
    prefixes: ['cmVmd'],
    body: /[A-Za-z0-9]{59}(?![A-Za-z0-9])/y,
    standsAlone: true,
  },
  {
    kind: 'nats-seed',
    prefixes: ['SUA', 'SAA', 'SOA', 'SNA', 'SCA', 'SXA'],
    body: /(?=[A-Z]{0,54}[2-7])[A-Z2-7]{52,58}(?![A-Za-z0-9])/y,
    standsAlone: true,
  },
  { kind: 'minisign-key', prefixes: ['RWRTY0Iy'], body: /[A-Za-z0-9+/=]{60,400}/y },
  {
    kind: 'pagerduty-key',
    prefixes: [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'].map(
      (one) => `u+${one}`,
    ),
    body: /[A-Za-z0-9_-]{17}(?![A-Za-z0-9_+/=-])/y,
    standsAlone: true,
    leave: (secret) => !looksStrong(secret.slice(2)),
  },
  // Money.
  { kind: 'razorpay-key', prefixes: ['rzp_live_', 'rzp_test_'], body: /[A-Za-z0-9]{14}/y },
  {
    kind: 'stripe-key',
    prefixes: ['ek_live_', 'ek_test_', 'sk_org_live_', 'sk_org_test_'],
    body: /[A-Za-z0-9_]{16,255}/y,
    standsAlone: true,
  },
  {
    kind: 'stripe-client-secret',
    prefixes: ['pi_', 'seti_', 'cs_'],
    body: /[A-Za-z0-9]{14,64}_secret_[A-Za-z0-9]{14,80}/y,
    standsAlone: true,
  },
  {
    kind: 'adyen-key',
    prefixes: ['AQE'],
    holds: '-',
    within: 516,
    body: /[A-Za-z0-9+/=_-]{40,512}-[A-Za-z0-9+/=_-]{20,200}/y,
    standsAlone: true,
    leave,
  },
  {
    kind: 'paddle-key',
    prefixes: ['pdl_live_apikey_', 'pdl_sdbx_apikey_', 'pdl_ntfset_'],
    body: word,
  },
  { kind: 'polar-token', prefixes: ['polar_oat_', 'polar_pat_', 'polar_whs_'], body: word },
  { kind: 'ramp-secret', prefixes: ['ramp_sec_', 'ramp_id_'], body: /[A-Za-z0-9]{40,48}/y },
  {
    kind: 'chief-token',
    prefixes: ['ctp_', 'cts_', 'ctc_', 'ctb_', 'ctr_'],
    body: /[A-Za-z0-9]{36,44}/y,
    standsAlone: true,
  },
  { kind: 'alchemy-key', prefixes: ['alcht_'], body: /[A-Za-z0-9]{30}/y, standsAlone: true },
  {
    kind: 'klaviyo-key',
    prefixes: ['pk_'],
    body: /(?:[A-Za-z0-9]{6}_)?[0-9a-f]{34}(?![0-9a-z])/y,
    standsAlone: true,
  },
  { kind: 'clickup-token', prefixes: ['pk_'], body: /[0-9]{6,9}_[A-Z0-9]{32}/y, standsAlone: true },
  // People, mail, messages.
  {
    kind: 'onepassword-key',
    prefixes: ['A3-'],
    body: /[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}/y,
    standsAlone: true,
  },
  {
    kind: 'stytch-secret',
    prefixes: ['secret-test-', 'secret-live-'],
    body: /[A-Za-z0-9_=-]{30,64}/y,
  },
  {
    kind: 'ory-token',
    prefixes: ['ory_pat_', 'ory_at_', 'ory_rt_', 'ory_ac_'],
    body: /[A-Za-z0-9_.-]{24,200}/y,
  },
  {
    kind: 'matrix-token',
    prefixes: ['syt_', 'syr_', 'mat_', 'mct_'],
    body: /[A-Za-z0-9=]{4,64}_[A-Za-z0-9]{10,40}_[A-Za-z0-9]{6}/y,
    standsAlone: true,
  },
  {
    kind: 'salesforce-token',
    prefixes: ['5AEP861'],
    body: /[A-Za-z0-9._=]{60,200}/y,
    standsAlone: true,
  },
  {
    kind: 'salesforce-key',
    prefixes: ['3MVG9'],
    body: /[A-Za-z0-9._+/=]{75,255}/y,
    standsAlone: true,
  },
  {
    kind: 'salesforce-session',
    prefixes: ['00D'],
    body: /[A-Za-z0-9]{12,15}![A-Za-z0-9_.]{60,200}/y,
    standsAlone: true,
  },
  {
    kind: 'zoho-token',
    prefixes: ['1000.'],
    body: /[0-9a-f]{32}\.[0-9a-f]{32}/y,
    standsAlone: true,
  },
  {
    kind: 'mandrill-key',
    prefixes: ['md-'],
    body: /[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])/y,
    standsAlone: true,
    leave: (secret) => !looksStrong(secret.slice(3)),
  },
  {
    kind: 'intercom-token',
    prefixes: ['dG9rOj'],
    body: /[A-Za-z0-9+/=]{40,100}/y,
    standsAlone: true,
  },
  { kind: 'onesignal-key', prefixes: ['os_v2_app_', 'os_v2_org_'], body: /[a-z0-9]{40,120}/y },
  {
    kind: 'telnyx-key',
    prefixes: ['KEY0'],
    body: /[0-9A-F]{30,34}_[A-Za-z0-9]{20,24}/y,
    standsAlone: true,
  },
  {
    kind: 'pubnub-key',
    prefixes: ['sec-c-', 'sub-c-'],
    body: /[A-Za-z0-9-]{36,64}/y,
    standsAlone: true,
  },
  {
    kind: 'instagram-token',
    prefixes: ['IGQV', 'IGQW', 'IGAA'],
    body: /[A-Za-z0-9_-]{60,400}/y,
    standsAlone: true,
  },
  {
    kind: 'facebook-token',
    prefixes: ['EAAC'],
    body: /[A-Za-z0-9]{20,400}(?![A-Za-z0-9+/=])/y,
    standsAlone: true,
    leave,
  },
  {
    kind: 'pinterest-token',
    prefixes: ['pina_'],
    body: /[A-Za-z0-9_-]{40,120}/y,
    standsAlone: true,
  },
  { kind: 'trello-token', prefixes: ['ATTA'], body: /[0-9a-f]{64}[0-9A-F]{8}/y, standsAlone: true },
  {
    kind: 'figma-token',
    prefixes: ['figp_', 'figoh_', 'figor_'],
    body: /[A-Za-z0-9_=-]{30,60}/y,
    standsAlone: true,
  },
  { kind: 'intra-token', prefixes: ['s-s4t2', 'u-s4t2'], body: /(?:ud|af)-[0-9a-f]{64}/y },
  { kind: 'squarespace-token', prefixes: ['sqco_'], body: /[A-Za-z0-9]{59}/y },
  { kind: 'gitbook-token', prefixes: ['gb_api_'], body: word },
  {
    kind: 'voiceflow-key',
    prefixes: ['VF.'],
    body: /(?:(?:DM|WS)\.)?[0-9A-Fa-f]{24}\.[A-Za-z0-9]{16}/y,
    standsAlone: true,
  },
  {
    kind: 'nightfall-key',
    prefixes: ['NF-'],
    body: /[A-Za-z0-9]{32}(?![A-Za-z0-9])/y,
    standsAlone: true,
  },
  { kind: 'salad-key', prefixes: ['salad_cloud_'], body: /[A-Za-z0-9]{1,16}_[A-Za-z0-9]{7,235}/y },
  { kind: 'lemlist-key', prefixes: ['slk_'], body: /[0-9a-f]{64}/y, standsAlone: true },
  // What watches.
  {
    kind: 'datadog-key',
    prefixes: ['ddp_', 'ddw_', 'ddapp_'],
    body: /[A-Za-z0-9]{34,40}/y,
    standsAlone: true,
  },
  { kind: 'newrelic-key', prefixes: ['NRIQ-', 'NRBR-', 'NRRA-'], body: /[A-Za-z0-9_-]{19,64}/y },
  {
    kind: 'posthog-key',
    prefixes: ['phx_', 'phs_', 'pha_', 'phr_'],
    body: /[A-Za-z0-9_]{30,60}/y,
    standsAlone: true,
  },
  {
    kind: 'honeycomb-key',
    prefixes: ['hcaik_', 'hcaic_', 'hcamk_', 'hcxik_', 'hcbik_'],
    body: /[a-z0-9]{40,80}/y,
  },
  { kind: 'honeybadger-key', prefixes: ['hbp_'], body: /[A-Za-z0-9]{30,44}/y, standsAlone: true },
  { kind: 'axiom-token', prefixes: ['xaat-', 'xapt-'], body: uuid },
  { kind: 'rootly-key', prefixes: ['rootly_'], body: /[0-9a-f]{64}/y },
  { kind: 'checkly-key', prefixes: ['cu_'], body: /[0-9a-f]{32}(?![0-9a-z])/y, standsAlone: true },
  {
    kind: 'launchdarkly-key',
    prefixes: ['api-', 'mob-'],
    body: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/y,
    standsAlone: true,
  },
  { kind: 'redhat-key', prefixes: ['rh-api-'], body: uuid },
  {
    kind: 'trigger-key',
    prefixes: ['tr_dev_', 'tr_prod_', 'tr_stg_'],
    body: /[A-Za-z0-9]{16,40}/y,
  },
  {
    kind: 'inngest-key',
    prefixes: ['signkey-prod-', 'signkey-test-', 'signkey-branch-'],
    body: /[0-9a-f]{32,64}/y,
  },
  {
    kind: 'teams-webhook',
    prefixes: ['outlook.office.com/webhook/'],
    body: /[A-Za-z0-9@/-]{60,512}/y,
  },
  {
    kind: 'make-webhook',
    prefixes: [
      'hook.eu1.make.com/',
      'hook.eu2.make.com/',
      'hook.us1.make.com/',
      'hook.us2.make.com/',
      'hook.integromat.com/',
    ],
    body: /[a-z0-9]{24,40}/y,
  },
  {
    kind: 'jwt',
    prefixes: ['ZXlK'],
    body: /[A-Za-z0-9+/_-]{60,8192}={0,2}/y,
    standsAlone: true,
    leave: (secret) =>
      !/^eyJ[\w-]+\.eyJ/.test(Buffer.from(secret.slice(0, 4096), 'base64').toString('latin1')),
  },
];
