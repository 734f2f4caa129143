/**
 * A quality gate's Job: asks every prompt, and leaves the share of answers that are as expected as its container's termination message,
 * `{"score": 0.95, …}`.
 *
 * Answers are streamed, as users get them, so that an error or a cut in the middle of one is seen. What the server fails to answer is asked
 * again; what it still fails then is not right. A key or a model that the server does not know ends it at once, with a status for which
 * the Job does not try again.
 */
import * as fs from 'fs';
import { EvaluationPlan, EvaluationQuestion, Expectation, FINAL_FAILURE } from '../src/rollout/evaluation-plan';

const { OPENAI_BASE_URL, OPENAI_API_KEY, EVALUATION_PLAN = '', EVALUATION_RESULT = '/dev/termination-log', EVALUATION_FAIL_BELOW = '0' } = process.env;

/** The server does not take this request. */
class Refused extends Error {}
/** The server takes no request like ours. */
class Final extends Error {}

type Answer = 'right' | 'wrong' | 'failed';

const BUSY = [408, 425, 429];
const CLOSED = [401, 403, 404];
/** Of what the server says, and of wrong answers, the log repeats so much. */
const SHOWN = 500;

function log(fields: object): void { console.log(JSON.stringify(fields)); }

async function ask(plan: EvaluationPlan, { system, prompt }: EvaluationQuestion): Promise<string> {
  const messages = [...system === undefined ? [] : [{ role: 'system', content: system }], { role: 'user', content: prompt }];
  const answer = await fetch(`${OPENAI_BASE_URL}${plan.chat ? '/chat/completions' : '/completions'}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...OPENAI_API_KEY ? { authorization: `Bearer ${OPENAI_API_KEY}` } : {} },
    body: JSON.stringify({
      model: plan.model, ...plan.chat ? { messages } : { prompt }, max_tokens: plan.maxTokens, temperature: 0, seed: 0, stream: true,
    }),
    signal: AbortSignal.timeout(plan.requestSeconds * 1000),
  });
  if (answer.ok) { return streamed(plan, answer); }
  const said = `HTTP ${answer.status}: ${(await answer.text()).slice(0, SHOWN)}`;
  if (CLOSED.includes(answer.status)) { throw new Final(said); }
  throw answer.status < 500 && !BUSY.includes(answer.status) ? new Refused(said) : new Error(said);
}

async function streamed(plan: EvaluationPlan, answer: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, rest, ended] = ['', '', false];
  const take = (line: string) => {
    const data = line.startsWith('data:') ? line.slice('data:'.length).trim() : '';
    if (data === '' || data === '[DONE]') { return; }
    const { error, choices } = JSON.parse(data);
    if (error) { throw new Error(`the stream ended with an error: ${JSON.stringify(error).slice(0, SHOWN)}`); }
    const choice = choices?.[0];
    text += (plan.chat ? choice?.delta?.content : choice?.text) ?? '';
    ended ||= Boolean(choice?.finish_reason);
  };
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    lines.forEach(take);
  }
  take(rest);
  if (!ended) { throw new Error('the stream was cut'); }
  return text;
}

function isRight(answer: string, { kind, text, least = 1 }: Expectation): boolean {
  switch (kind) {
    case 'exact': return plain(answer) === plain(text);
    case 'containing': return plain(answer).toLowerCase().includes(plain(text).toLowerCase());
    case 'matching': return new RegExp(text, 's').test(answer);
    case 'similar': return similarity(answer, text) >= least;
    default: throw new Final(`an expected answer is of the unknown kind ${kind}`);
  }
}

function plain(text: string): string { return text.trim().replace(/\s+/g, ' '); }

/** Twice the common words by the words of both. */
function similarity(one: string, other: string): number {
  const words = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const [left, right] = [words(one), words(other)];
  const counts = new Map<string, number>();
  for (const word of left) { counts.set(word, (counts.get(word) ?? 0) + 1); }
  const common = right.filter((word) => {
    const count = counts.get(word) ?? 0;
    counts.set(word, count - 1);
    return count > 0;
  });
  return left.length + right.length === 0 ? 1 : 2 * common.length / (left.length + right.length);
}

async function judged(plan: EvaluationPlan, question: EvaluationQuestion, number: number): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await ask(plan, question);
      const right = isRight(answer, question.expected);
      log({ prompt: number, right, ...right ? {} : { answer: answer.slice(0, SHOWN) } });
      return right ? 'right' : 'wrong';
    } catch (error) {
      if (error instanceof Final) { throw error; }
      const { name, message, cause } = error as Error & { cause?: Error };
      log({ prompt: number, attempt, why: name === 'TimeoutError' ? `no whole answer in ${plan.requestSeconds} s` : cause?.message ?? message });
      if (error instanceof Refused || attempt >= plan.attempts) { return 'failed'; }
      await new Promise((resolve) => { setTimeout(resolve, plan.retryMillis * 2 ** (attempt - 1)); });
    }
  }
}

async function evaluate(): Promise<number> {
  const plan: EvaluationPlan = JSON.parse(fs.readFileSync(EVALUATION_PLAN, 'utf8'));
  const answers: Answer[] = [];
  const waiting = [...plan.prompts.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [i, question] = next;
      answers[i] = await judged(plan, question, i + 1);
    }
  };
  await Promise.all(Array.from({ length: plan.concurrency }, worker));
  const count = (what: Answer) => answers.filter((answer) => answer === what).length;
  const score = Math.round(count('right') / answers.length * 1e6) / 1e6;
  leave({ score, right: count('right'), wrong: count('wrong'), failed: count('failed') });
  return score < Number(EVALUATION_FAIL_BELOW) ? 1 : 0;
}

/** The kubelet keeps 4,096 bytes. */
function leave(message: object): void {
  fs.writeFileSync(EVALUATION_RESULT, JSON.stringify(message));
  log(message);
}

process.on('SIGTERM', () => process.exit(143));
evaluate().then((status) => process.exit(status), (error: Error) => {
  leave({ error: error.message });
  process.exit(error instanceof Final ? FINAL_FAILURE : 1);
});
