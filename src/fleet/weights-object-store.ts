import { EnvValue, SecretValue } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { checkFlags, fail, show } from '../errors';
import { checkSecret, parseUrl, portOf } from './weights-hub-checks';
import { ObjectStoreWeightsOptions } from './weights-options';
import {
  assumedBandwidth, bytesOf, checkNumber, checkOptions, checkRate, checkText, copied, isMap, MetadataEndpoint, nothingMore, OFFLINE, WeightsConfig,
  WeightsSource,
} from './weights-source';
import { EnvVar, Volume, VolumeMount } from '../kube/pod';
import { GIB } from '../kube/quantities';

/** Bandwidth assumed of an object store where nobody states one: 2 Gbit/s. */
const DEFAULT_STORE_BYTES_PER_SECOND = 250e6;

const DEFAULT_CONCURRENCY = 16;

const DEFAULT_BUFFER_BYTES = 8 * GIB;

const CREDENTIALS_FILE = '/var/run/weights-credentials/key.json';

/** Secrets that each kind of store reads from the environment. */
const CREDENTIALS: { [scheme: string]: string[] } = {
  s3: ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
  gs: [],
  az: ['AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET', 'AZURE_TENANT_ID'],
};

/** Options that belong to one kind of store. */
const ONLY_FOR: { [option: string]: string } = { anonymous: 's3', endpoint: 's3', region: 's3', storageAccount: 'az', credentialsFile: 'gs' };

/** Where a pod gets the identity of its service account: EKS Pod Identity's agent, and GKE's metadata server without and with Dataplane V2. */
const IDENTITY: { [scheme: string]: MetadataEndpoint[] } = {
  s3: [{ cidr: '169.254.170.23/32', port: 80 }],
  gs: [{ cidr: '169.254.169.252/32', port: 988 }, { cidr: '169.254.169.254/32', port: 80 }],
  az: [],
};

/** Weights that are streamed from an object store. */
export function objectStoreSource(given: ObjectStoreWeightsOptions): WeightsSource {
  const own = copied(given);
  const options = isMap(own?.credentials) ? { ...own, credentials: { ...own.credentials } } : own;
  return (scope, context): WeightsConfig => {
    checkOptions(scope, 'fromObjectStore', options);
    const scheme = check(scope, options);
    const checkpointBytes = bytesOf(scope, context, options.sizeBytes);
    const endpoint = options.endpoint === undefined ? undefined : parseUrl(scope, 'endpoint', options.endpoint);
    const byIdentity = !options.anonymous && !options.credentialsFile && Object.keys(options.credentials ?? {}).length === 0;
    const bufferBytes = options.bufferBytes ?? DEFAULT_BUFFER_BYTES;
    return {
      ...nothingMore(),
      modelPath: options.uri.replace(/\/+$/, ''),
      checkpointBytes,
      loadFormat: 'runai_streamer',
      loaderArgs: ['--model-loader-extra-config', JSON.stringify({
        concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
        distributed: true, // else each GPU's process would read the whole model
        memory_limit: bufferBytes,
      })],
      env: environment(options, scheme, endpoint),
      ...keyFile(options.credentialsFile),
      bytesPerSecond: options.readBytesPerSecond ?? DEFAULT_STORE_BYTES_PER_SECOND,
      egressPorts: [...new Set([...endpoint ? [portOf(endpoint)] : [443], ...byIdentity ? [443] : []])].sort((a, b) => a - b),
      metadataEndpoints: byIdentity ? IDENTITY[scheme] : [],
      podLabels: azureLabels(byIdentity && scheme === 'az'),
      loaderMemoryBytesPerGpu: bufferBytes,
      notes: notesOf(options, byIdentity, endpoint),
    };
  };
}

/** What makes Microsoft Entra Workload ID hand an identity to the pod. */
function azureLabels(wanted: boolean): { [key: string]: string } {
  return wanted ? { 'azure.workload.identity/use': 'true' } : {};
}

function check(scope: Construct, options: ObjectStoreWeightsOptions): string {
  checkText(scope, 'uri', options.uri, /^(s3|gs|az):\/\/[a-z0-9][a-z0-9._-]{1,221}[a-z0-9](\/[A-Za-z0-9._@=+-]+)*\/?$/,
    'the URI of a directory, \'s3://bucket/path\', \'gs://bucket/path\' or \'az://container/path\'');
  const scheme = options.uri.slice(0, 2);
  const bucket = options.uri.slice('s3://'.length).split('/')[0];
  if (scheme !== 'gs' && !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    fail(scope, `'uri' has the ${scheme === 's3' ? 'bucket' : 'container'} ${show(bucket)} but '${scheme}://' names them with 3 to 63 lower-case letters, digits, '-' and '.'`);
  }
  for (const option of Object.keys(ONLY_FOR).sort()) {
    const value = options[option as keyof ObjectStoreWeightsOptions];
    if (value !== undefined && value !== false && ONLY_FOR[option] !== scheme) {
      fail(scope, `'${option}' is stated but belongs to '${ONLY_FOR[option]}://' only, and the 'uri' is ${show(options.uri)}; leave it out`);
    }
  }
  if (options.region !== undefined) { checkText(scope, 'region', options.region, /^[a-z0-9-]{2,40}$/, 'a region such as \'eu-central-1\''); }
  if (scheme === 'az') {
    checkText(scope, 'storageAccount', options.storageAccount, /^[a-z0-9]{3,24}$/, 'the name of the storage account: 3 to 24 lower-case letters and digits');
  }
  checkFlags(scope, { anonymous: options.anonymous });
  checkCredentials(scope, options, scheme);
  checkRate(scope, 'readBytesPerSecond', options.readBytesPerSecond);
  checkNumber(scope, 'bufferBytes', options.bufferBytes, 'bytes', true);
  checkNumber(scope, 'concurrency', options.concurrency, 'connections', true);
  return scheme;
}

function checkCredentials(scope: Construct, options: ObjectStoreWeightsOptions, scheme: string): void {
  if (options.credentials !== undefined && !isMap(options.credentials)) { fail(scope, '\'credentials\' must map environment variables to secrets'); }
  const names = Object.keys(options.credentials ?? {}).sort();
  for (const name of names) {
    if (!CREDENTIALS[scheme].includes(name)) {
      fail(scope, `'credentials' has ${show(name)} but '${scheme}://' reads ${CREDENTIALS[scheme].join(', ') || 'none from the environment'};`
        + (scheme === 'gs' ? ' use \'credentialsFile\'' : ' use those names'));
    }
    checkSecret(scope, `credentials.${name}`, options.credentials![name]);
  }
  if (options.credentialsFile !== undefined) { checkSecret(scope, 'credentialsFile', options.credentialsFile); }
  if (options.anonymous && names.length) {
    fail(scope, '\'anonymous\' is set but \'credentials\' are given too; leave one of them out');
  }
}

function environment(options: ObjectStoreWeightsOptions, scheme: string, endpoint: URL | undefined): EnvVar[] {
  const values: { [name: string]: string } = {
    ...scheme === 's3' ? { AWS_EC2_METADATA_DISABLED: 'true' } : {}, // never the identity of the node
    ...endpoint ? { AWS_ENDPOINT_URL: options.endpoint!.replace(/\/+$/, ''), RUNAI_STREAMER_S3_USE_VIRTUAL_ADDRESSING: '0' } : {},
    ...options.region === undefined ? {} : { AWS_DEFAULT_REGION: options.region, AWS_REGION: options.region },
    ...options.anonymous ? { RUNAI_STREAMER_S3_UNSIGNED: '1' } : {},
    ...scheme === 'az' ? { AZURE_STORAGE_ACCOUNT_NAME: options.storageAccount! } : {},
    ...options.credentialsFile ? { RUNAI_STREAMER_GCS_CREDENTIAL_FILE: CREDENTIALS_FILE } : {},
  };
  const secrets = options.credentials ?? {};
  return [
    OFFLINE,
    ...Object.keys(values).map((name) => ({ name, value: values[name] })),
    ...Object.keys(secrets).map((name) => ({ name, valueFrom: EnvValue.fromSecretValue(secrets[name]).valueFrom })),
  ].sort((a, b) => a.name < b.name ? -1 : 1);
}

function keyFile(file: SecretValue | undefined): { volumes: Volume[]; volumeMounts: VolumeMount[] } {
  if (!file) { return { volumes: [], volumeMounts: [] }; }
  return {
    volumes: [{ name: 'weights-credentials', secret: { secretName: file.secret.name, defaultMode: 0o440 } }],
    volumeMounts: [{ name: 'weights-credentials', mountPath: CREDENTIALS_FILE, subPath: file.key, readOnly: true }],
  };
}

function notesOf(options: ObjectStoreWeightsOptions, byIdentity: boolean, endpoint: URL | undefined): WeightsConfig['notes'] {
  return [
    'every start reads all weights from the object store again, and the engine\'s image must contain the Run:ai model streamer',
    ...assumedBandwidth('readBytesPerSecond', options.readBytesPerSecond, DEFAULT_STORE_BYTES_PER_SECOND),
    ...byIdentity ? ['the object store is read with the identity of the fleet\'s service account'] : [],
    ...endpoint?.protocol === 'http:' ? ['the weights travel unencrypted from \'endpoint\''] : [],
  ];
}
