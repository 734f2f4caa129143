import { EngineEnvironment } from './environment';
import { flagModule, flagTable } from './flag-table';
import { EngineParser } from './parser';
import { SGLANG_VERSIONS } from '../../src/engines/data/sglang-versions';
import { VLLM_VERSIONS } from '../../src/engines/data/vllm-versions';

/** The engines whose flags the library writes, and where it keeps what it knows of them. */
export const ENGINES = [
  { engine: 'vllm', title: 'vllm', command: 'vllm serve', constant: 'VLLM_FLAGS', file: 'src/engines/data/vllm-flags.ts', rows: VLLM_VERSIONS },
  {
    engine: 'sglang', title: 'sglang', command: 'sglang.launch_server', constant: 'SGLANG_FLAGS', file: 'src/engines/data/sglang-flags.ts', rows: SGLANG_VERSIONS,
  },
] as const;

/** The parsers of every version that the library supports, started. */
export function startParsers(environment: EngineEnvironment): EngineParser[] {
  return ENGINES.flatMap(({ engine, rows }) => rows.map(({ version }) => new EngineParser(environment, engine, version)));
}

/** What an engine's data file must be, by its parsers. */
export async function flagsFile(engine: typeof ENGINES[number], parsers: readonly EngineParser[]): Promise<string> {
  const labels = engine.rows.map(({ version }) => version);
  const descriptions = await Promise.all(labels.map((version) => parsers.find((parser) => parser.engine === engine.engine && parser.version === version)!.description));
  return flagModule(engine, flagTable(descriptions, labels), labels, engine.rows[engine.rows.length - 1].asOf);
}
