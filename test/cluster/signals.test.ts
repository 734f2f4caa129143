import { recordingRules, ruleProblems } from './support/promtool';
import { Signal, SignalQuery } from '../../src';

/** What may be asked of a signal besides its engine. */
const QUESTIONS: Omit<SignalQuery, 'engine'>[] = [
  {},
  { selector: { namespace: 'chat', job: 'a "quoted" \\ name' }, patterns: { pod: 'llama-.*' }, windowSeconds: 60, groupBy: ['pod', 'node'] },
];

test.each(['vllm', 'sglang', 'trtllm'])('every signal of %s is PromQL to Prometheus\' own parser', async (engine) => {
  const queries = Signal.all().filter((signal) => signal.isKnownFor(engine)).flatMap((signal) => [
    ...QUESTIONS, ...signal.isDistribution ? [{ percentile: 95 }, { ...QUESTIONS[1], percentile: 99.9 }] : [],
  ].map((question) => signal.query({ engine, ...question })));
  expect(queries.length).toBeGreaterThanOrEqual(10);
  expect(await ruleProblems([recordingRules(...queries)])).toEqual([]);
  expect(await ruleProblems([recordingRules(...queries, `${queries[0]})`)])).toHaveLength(1);
});
