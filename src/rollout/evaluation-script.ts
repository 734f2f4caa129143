/** Exit status after which the Job does not try again: trying again can't help. */
export const FINAL_FAILURE = 42;

/** How the script is told what to do. Internal. */
export interface EvaluationPlan {
  /** Name that the candidate serves. */
  readonly model: string;
  /** Whether prompts are messages of a chat, or texts to complete. */
  readonly chat: boolean;
  readonly maxTokens: number;
  /** Prompts under way at a time. */
  readonly concurrency: number;
  /** Most that one answer may take, and how often it is asked for if the server fails. */
  readonly requestSeconds: number;
  readonly attempts: number;
  readonly retryMillis: number;
  readonly prompts: readonly EvaluationQuestion[];
}

export interface EvaluationQuestion {
  readonly system?: string;
  readonly prompt: string;
  readonly expected: { readonly kind: 'exact' | 'containing' | 'matching' | 'similar'; readonly text: string; readonly least?: number };
}

/**
 * Asks every prompt and leaves the share of the answers that are as expected as the container's termination message, `{"score": 0.95, …}`.
 * It needs Node 20 alone.
 *
 * Answers are streamed, as users get them, so that an error or a cut in the middle of one is seen. What the server fails to answer is asked
 * again; what it still fails then is a wrong answer. A key or a model that the server does not know ends the script at once with
 * a status for which the Job does not try again.
 */
export const EVALUATION_SCRIPT = `'use strict';
const fs = require('node:fs');

const FINAL = ${FINAL_FAILURE};
const plan = JSON.parse(fs.readFileSync(process.env.EVALUATION_PLAN, 'utf8'));
const base = process.env.OPENAI_BASE_URL;
const key = process.env.OPENAI_API_KEY;
const result = process.env.EVALUATION_RESULT || '/dev/termination-log';

class Refused extends Error {}
class Final extends Error {}

const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
const log = (fields) => console.log(JSON.stringify(fields));

async function ask(question) {
  const { system, prompt } = question;
  const shape = plan.chat
    ? { messages: [...(system === undefined ? [] : [{ role: 'system', content: system }]), { role: 'user', content: prompt }] }
    : { prompt };
  const answer = await fetch(base + (plan.chat ? '/chat/completions' : '/completions'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key ? { authorization: 'Bearer ' + key } : {}) },
    body: JSON.stringify({ model: plan.model, ...shape, max_tokens: plan.maxTokens, temperature: 0, seed: 0, stream: true }),
    signal: AbortSignal.timeout(plan.requestSeconds * 1000),
  });
  if (!answer.ok) {
    const said = 'HTTP ' + answer.status + ': ' + (await answer.text()).slice(0, 300);
    if ([401, 403, 404].includes(answer.status)) { throw new Final(said); }
    throw answer.status < 500 && ![408, 425, 429].includes(answer.status) ? new Refused(said) : new Error(said);
  }
  return streamed(answer);
}

async function streamed(answer) {
  const decoder = new TextDecoder();
  let text = '';
  let rest = '';
  let ended = false;
  const take = (line) => {
    if (!line.startsWith('data:')) { return; }
    const data = line.slice(5).trim();
    if (data === '' || data === '[DONE]') { return; }
    const event = JSON.parse(data);
    if (event.error) { throw new Error('the stream ended with an error: ' + JSON.stringify(event.error).slice(0, 300)); }
    const choice = event.choices && event.choices[0];
    if (!choice) { return; }
    text += (plan.chat ? choice.delta && choice.delta.content : choice.text) || '';
    if (choice.finish_reason) { ended = true; }
  };
  for await (const chunk of answer.body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\\n');
    rest = lines.pop();
    lines.forEach(take);
  }
  take(rest);
  if (!ended) { throw new Error('the stream was cut'); }
  return text;
}

const plain = (text) => text.trim().replace(/\\s+/g, ' ');
const words = (text) => text.toLowerCase().match(/[\\p{L}\\p{N}]+/gu) || [];

function similarity(one, other) {
  const counts = new Map();
  const [left, right] = [words(one), words(other)];
  for (const word of left) { counts.set(word, (counts.get(word) || 0) + 1); }
  let common = 0;
  for (const word of right) {
    if (counts.get(word) > 0) { common += 1; counts.set(word, counts.get(word) - 1); }
  }
  return left.length + right.length === 0 ? 1 : 2 * common / (left.length + right.length);
}

function isRight(answer, { kind, text, least }) {
  switch (kind) {
    case 'exact': return plain(answer) === plain(text);
    case 'containing': return plain(answer).toLowerCase().includes(plain(text).toLowerCase());
    case 'matching': return new RegExp(text, 's').test(answer);
    case 'similar': return similarity(answer, text) >= least;
    default: throw new Final('an expected answer is of unknown kind ' + kind);
  }
}

async function judged(question, index) {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await ask(question);
      const right = isRight(answer, question.expected);
      log({ prompt: index + 1, right, ...(right ? {} : { answer: answer.slice(0, 500) }) });
      return right ? 'right' : 'wrong';
    } catch (error) {
      if (error instanceof Final) { throw error; }
      const why = error.name === 'TimeoutError' ? 'no whole answer in ' + plan.requestSeconds + ' s' : String(error.cause && error.cause.message || error.message);
      log({ prompt: index + 1, attempt, why });
      if (error instanceof Refused || attempt >= plan.attempts) { return 'failed'; }
      await sleep(plan.retryMillis * 2 ** (attempt - 1));
    }
  }
}

async function main() {
  const found = [];
  let next = 0;
  const worker = async () => {
    while (next < plan.prompts.length) {
      const index = next++;
      found[index] = await judged(plan.prompts[index], index);
    }
  };
  await Promise.all(Array.from({ length: plan.concurrency }, worker));
  const count = (what) => found.filter((one) => one === what).length;
  const score = Math.round(count('right') / found.length * 1e6) / 1e6;
  const said = JSON.stringify({ score, right: count('right'), wrong: count('wrong'), failed: count('failed') });
  fs.writeFileSync(result, said);
  console.log(said);
  const least = Number(process.env.EVALUATION_FAIL_BELOW || 0);
  process.exit(score < least ? 1 : 0);
}

process.on('SIGTERM', () => process.exit(143));
main().catch((error) => {
  fs.writeFileSync(result, JSON.stringify({ error: error.message }).slice(0, 4000));
  log({ error: error.message });
  process.exit(error instanceof Final ? FINAL : 1);
});
`;
