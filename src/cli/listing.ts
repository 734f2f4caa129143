import { ExitCode, Io, Output, Refusal, reportWidth, wantsColor } from './io';
import { machinesOf } from './machines';
import { Accelerator } from '../catalog/accelerator';
import { InstanceType } from '../catalog/instance';
import { Model } from '../catalog/model';
import { Precision } from '../catalog/precision';
import { Attention, LayerKind } from '../catalog/shape';
import { didYouMean } from '../errors';
import { bytesPerSecond, counted, dollars, figure, gib, parameterCount } from '../report/numbers';
import { acceleratorJson, modelJson } from '../report/plan-json';
import { paint, ReportOptions, table } from '../report/table';

/** Options of `models`. */
export interface ModelsOptions { readonly complete?: boolean; readonly maxParameters?: number; readonly json?: boolean }

/** Options of `accelerators`. */
export interface AcceleratorsOptions { readonly vendor?: string; readonly minMemoryGib?: number; readonly json?: boolean }

/** Lists models, or shows all about one. */
export async function models(search: string | undefined, options: ModelsOptions, io: Io): Promise<ExitCode> {
  const all = Model.all();
  const exact = all.find((model) => same(model.id, search));
  const found = exact ? [exact] : all.filter((model) => holds(search, [model.id])
    && (!options.complete || model.incomplete === undefined)
    && (options.maxParameters === undefined || (model.parameters ?? Infinity) <= options.maxParameters));
  if (!found.length) { throw nothing('model', search, all.map((model) => model.id)); }
  const look = { color: wantsColor(io), width: reportWidth(io) };
  const text = options.json
    ? json(exact ? modelDetailsJson(exact) : found.map(modelJson))
    : exact ? modelText(exact, look) : modelTable(found, look);
  await new Output(io.stdout).write(text);
  return ExitCode.OK;
}

/** Lists accelerators, or shows all about one. */
export async function accelerators(search: string | undefined, options: AcceleratorsOptions, io: Io): Promise<ExitCode> {
  const all = Accelerator.all();
  const exact = all.find((accelerator) => same(accelerator.name, search)) ?? namedExactly(search);
  const texts = (accelerator: Accelerator) => [accelerator.name, accelerator.title, ...Object.values(accelerator.nodeLabels).flat()];
  const found = exact ? [exact] : all.filter((accelerator) => holds(search, texts(accelerator))
    && (options.vendor === undefined || same(accelerator.vendor, options.vendor))
    && (options.minMemoryGib === undefined || (accelerator.memoryBytes ?? 0) >= options.minMemoryGib * 2 ** 30));
  if (!found.length) { throw nothing('accelerator', search, all.map((accelerator) => accelerator.name)); }
  const look = { color: wantsColor(io), width: reportWidth(io) };
  const text = options.json
    ? json(exact ? acceleratorDetailsJson(exact) : found.map(acceleratorJson))
    : exact ? acceleratorText(exact, look) : acceleratorTable(found, look);
  await new Output(io.stdout).write(text);
  return ExitCode.OK;
}

const same = (name: string, search: string | undefined) => search !== undefined && name.toLowerCase() === search.toLowerCase();

/** Every word of the search is somewhere in the texts. */
function holds(search: string | undefined, texts: readonly string[]): boolean {
  const text = texts.join('\n').toLowerCase();
  return (search ?? '').slice(0, 200).toLowerCase().split(/\s+/).every((part) => text.includes(part));
}

/** An alias names one accelerator, unless it is ambiguous: then the search lists them. */
function namedExactly(search: string | undefined): Accelerator | undefined {
  if (search === undefined) { return undefined; }
  try {
    return Accelerator.named(search);
  } catch {
    return undefined;
  }
}

function nothing(noun: string, search: string | undefined, known: string[]): Refusal {
  return new Refusal(search === undefined ? `no ${noun} of the catalogue meets these options` : didYouMean(noun, search, known), ExitCode.NO);
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
const known = (value: number | undefined, write: (value: number) => string) => value === undefined ? 'not stated' : write(value);
const short = (value: number | undefined, write: (value: number) => string) => value === undefined ? '-' : write(value);

// ── models ───────────────────────────────────────────────────────────────────

function modelTable(found: Model[], look: ReportOptions): string {
  const rows = found.map((model) => [
    model.id, short(model.parameters, parameterCount), short(model.activeParameters, parameterCount), model.weightPrecision.name,
    short(model.maxContextTokens, figure), model.incomplete === undefined ? '' : 'incomplete',
  ]);
  const columns = [{ head: 'model' }, { head: 'parameters', right: true }, { head: 'active', right: true }, { head: 'weights' }, { head: 'context', right: true }, { head: '' }];
  return `${table(columns, rows, look)}\n`;
}

function modelText(model: Model, look: ReportOptions): string {
  const layers = layerKinds(model);
  const rows = [
    ['Parameters', known(model.parameters, parameterCount)],
    ['Active per token', known(model.activeParameters, parameterCount)],
    ['Context', known(model.maxContextTokens, (tokens) => `${figure(tokens)} tokens`)],
    ['Published weights', `${model.weightPrecision.name}, ${known(model.checkpointBytes, gib)}`],
    ...layers.map(({ count, text }, i) => [i ? '' : 'Layers', `${count} x ${text}`]),
    ...layers.length ? [['KV cache', kvText(model)]] : [],
    ...model.incomplete === undefined ? [] : [['Can be sized', `no: ${model.incomplete}`]],
    ['Source', model.source],
    ['As of', model.asOf],
  ];
  return `${paint(look.color ?? false).bold(model.id)}\n${table([{ head: '' }, { head: '' }], rows, look)}\n`;
}

function modelDetailsJson(model: Model): object {
  const layers = layerKinds(model).map(({ count, text }) => ({ count, kind: text }));
  return layers.length ? { ...modelJson(model), layers, kvCacheElementsPerToken: kvElements(model) } : modelJson(model);
}

function layerKinds(model: Model): { count: number; text: string }[] {
  const shape = model._shape;
  if (!shape) { return []; }
  return shape.kinds.map((kind, i) => ({ count: shape.order.filter((index) => index === i).length, text: layerText(kind) }));
}

function layerText(kind: LayerKind): string {
  const { feedForward } = kind;
  const network = feedForward.type === 'dense' ? `FFN ${figure(feedForward.intermediateSize)}`
    : feedForward.type === 'moe' ? `${feedForward.expertsPerToken} of ${feedForward.experts} experts` + (feedForward.sharedIntermediateSize ? ' and shared ones' : '')
      : 'no FFN';
  return `${attentionText(kind.attention)}, ${network}`;
}

function attentionText(attention: Attention): string {
  switch (attention.type) {
    case 'gqa': {
      const reach = attention.window ? `, window of ${figure(attention.window)}` : attention.chunk ? `, chunks of ${figure(attention.chunk)}` : '';
      return `attention with ${attention.queryHeads} query and ${attention.kvHeads} KV heads of ${attention.headDim}${reach}`;
    }
    case 'mla': return `latent attention with ${attention.queryHeads} heads, latent of ${attention.kvLoraRank} + ${attention.ropeHeadDim}`;
    case 'state': return `recurrent mixer with ${figure(attention.stateElements)} elements of state`;
    default: return 'no attention';
  }
}

/** Elements that one more token adds to the cache, all layers together, no window reached. */
function kvElements(model: Model): number {
  const shape = model._shape!;
  return shape.order.reduce((sum, index) => {
    const { attention } = shape.kinds[index];
    if (attention.type === 'gqa') { return sum + attention.kvHeads * (attention.headDim + attention.valueHeadDim); }
    return attention.type === 'mla' ? sum + attention.kvLoraRank + attention.ropeHeadDim : sum;
  }, 0);
}

function kvText(model: Model): string {
  const elements = kvElements(model);
  return elements ? `${figure(2 * elements)} bytes a token in 16 bits, ${figure(elements)} in fp8 (below every window)` : 'none';
}

// ── accelerators ─────────────────────────────────────────────────────────────

function acceleratorTable(found: Accelerator[], look: ReportOptions): string {
  const rows = found.map((accelerator) => [
    accelerator.name, accelerator.vendor, short(accelerator.memoryBytes, gib), short(accelerator.memoryBytesPerSecond, bytesPerSecond),
    short(accelerator.tensorFlopsPerSecond(Precision.BF16), tera), short(accelerator.tensorFlopsPerSecond(Precision.FP8), tera),
    short(machinesOf(accelerator).dollarsPerGpuHour, dollars), accelerator.title,
  ]);
  const right = (head: string) => ({ head, right: true });
  return `${table([
    { head: 'accelerator' }, { head: 'vendor' }, right('memory'), right('bandwidth'), right('bf16'), right('fp8'), right('per hour'), { head: '' },
  ], rows, look)}\n`;
}

const tera = (flops: number) => `${figure(flops / 1e12)} T`;

function acceleratorText(accelerator: Accelerator, look: ReportOptions): string {
  const rates = Precision.all()
    .map((precision) => [precision.computeFormat, accelerator.tensorFlopsPerSecond(precision)] as const)
    .filter(([format, rate], i, all) => rate !== undefined && all.findIndex(([other]) => other === format) === i)
    .map(([format, rate]) => `${format} ${tera(rate!)}`);
  const instances = InstanceType.withAccelerator(accelerator);
  const labels = Object.entries(accelerator.nodeLabels).sort(([a], [b]) => a < b ? -1 : 1);
  const rows = [
    ['Vendor', accelerator.vendor],
    ['Memory', known(accelerator.memoryBytes, gib)],
    ['Memory bandwidth', known(accelerator.memoryBytesPerSecond, bytesPerSecond)],
    ['Dense tensor rates', rates.length ? rates.join(', ') : 'not stated'],
    ['Link', accelerator.linkDomain > 1
      ? `${accelerator.linkTechnology ?? 'link'} at ${known(accelerator.linkBytesPerSecond, bytesPerSecond)} each way, ${accelerator.linkDomain} joined` : 'PCIe only'],
    ['Board power', known(accelerator.maxPowerWatts, (watts) => `${figure(watts)} W`)],
    ['Compute capability', known(accelerator.computeCapability, (capability) => capability.toFixed(1))],
    ['Resource', accelerator.resourceName],
    ...labels.map(([key, values], i) => [i ? '' : 'Node labels', `${key}: ${values.join(', ')}`]),
    ...instances.map((instance, i) => [i ? '' : 'Machines',
      `${instance.name} (${instance.cloud}): ${gpusIn(instance)}${instance.dollarsPerHour === undefined ? '' : `, ${dollars(instance.dollarsPerHour)} per hour`}`]),
    ...accelerator.caution === undefined ? [] : [['Caution', accelerator.caution]],
    ['Source', accelerator.source],
    ['As of', accelerator.asOf],
  ];
  return `${paint(look.color ?? false).bold(`${accelerator.name} (${accelerator.title})`)}\n${table([{ head: '' }, { head: '' }], rows, look)}\n`;
}

function gpusIn({ gpusPerNode }: InstanceType): string {
  return gpusPerNode === undefined ? 'GPUs not stated' : gpusPerNode === 0 ? 'a share of a GPU' : counted(gpusPerNode, 'GPU');
}

function acceleratorDetailsJson(accelerator: Accelerator): object {
  const instances = InstanceType.withAccelerator(accelerator);
  return {
    ...acceleratorJson(accelerator),
    nodeLabels: accelerator.nodeLabels,
    tensorFlopsPerSecond: Object.fromEntries(Precision.all()
      .map((precision) => [precision.computeFormat, accelerator.tensorFlopsPerSecond(precision)])
      .filter(([, rate]) => rate !== undefined)),
    machines: instances.map(({ name, cloud, gpusPerNode, dollarsPerHour, priceRegion, source, asOf }) => (
      { name, cloud, gpusPerNode, dollarsPerHour, priceRegion, source, asOf })),
  };
}
