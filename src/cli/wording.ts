/** Props of the library whose option has a name of its own. */
const OPTIONS: { readonly [prop: string]: string } = {
  timeToFirstTokenMillis: 'ttft-millis',
  timePerOutputTokenMillis: 'tpot-millis',
  endToEndMillis: 'e2e-millis',
  dollarsPerGpuHour: 'price-per-gpu-hour',
};

/** The same of what guesses tokens. */
const SPECULATIVE: { readonly [prop: string]: string } = {
  tokens: 'speculative-tokens', acceptanceLength: 'acceptance-length', model: 'draft-model',
};

/** Props whose option has the same name, written with dashes. */
const SAME = new Set([
  'acceptanceLength', 'dataParallel', 'expertParallel', 'gpusPerNode', 'headroom', 'hostHitRatio', 'hostLinkBytesPerSecond', 'kvBlockSize', 'kvCachePrecision', 'maxGpus', 'maxModelLen', 'maxNumBatchedTokens',
  'maxNumSeqs', 'memoryFraction', 'objective', 'outputTokens', 'outputTokensP99', 'outputTokensPerSecond', 'parameters', 'percentile', 'pipelineParallel',
  'precision', 'prefixHitRatio', 'promptTokens', 'promptTokensP99', 'replicas', 'requestsPerSecond', 'spareReplicas', 'streamInterval', 'tensorParallel', 'tuneEngine', 'tuneKvCache',
]);

/** A prop's name as an option's. */
export function dashed(prop: string): string {
  return prop.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A sentence of the library in the words of the command line: options for props, and commands for calls. */
export function inOptions(sentence: string): string {
  return sentence
    .replace("as 'model' of SpeculativeDecoding.eagle3, with Model.fromHubConfig or Model.of", "with '--draft-config'")
    .replace(/'engine\.speculative(?:\.(\w+))?'/g, (_, prop?: string) => `'--${prop === undefined ? 'speculative' : SPECULATIVE[prop] ?? `speculative.${prop}`}'`)
    .replace(/'(?:(?:engine|layout|load|latency|pools\[\d+\])\.)?([a-z]\w*)'/gi, (quoted, prop: string) => option(prop) ?? quoted)
    .replace(/\bPrecision\.([A-Z]+\d+)\b/g, (_, name: string) => `'--precision ${name.toLowerCase()}'`)
    .replace(/\bObjective\.([A-Z]+)_([A-Z]+)\b/g, (_, ...words: string[]) => `'--objective ${words.slice(0, 2).join('-').toLowerCase()}'`)
    .replaceAll('Model.all()', "'cdk8s-inference models'")
    .replaceAll('Model.fromHubConfig', "'--config'")
    .replaceAll('Accelerator.all()', "'cdk8s-inference accelerators'")
    .replaceAll('Accelerator.of', "the library's Accelerator.of");
}

function option(prop: string): string | undefined {
  const name = Object.hasOwn(OPTIONS, prop) ? OPTIONS[prop] : SAME.has(prop) ? dashed(prop) : undefined;
  return name && `'--${name}'`;
}
