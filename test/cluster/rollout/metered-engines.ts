/** What engines of a rollout do and show: each pod counts what it was asked, and shows vLLM's metrics of it, with latencies that a test chooses. */
import { VLLM_VERSIONS } from '../../../src/engines/data/vllm-versions';
import { Conduct, EnginePod } from '../gateway/fake-engines';
import { metricsPage } from '../monitoring/engine-metrics';

/** How the engines of one fleet behave. */
export interface Behaviour {
  /** Times the latency of a sound engine. @default 1 */
  readonly slower?: number;
  /** Share of requests that it fails. @default 0 */
  readonly errors?: number;
  /** Seconds that each process lives, if it crashes. */
  readonly crashesAfter?: number;
  /** Whether its metrics can be scraped. @default true */
  readonly scraped?: boolean;
  /** What it says to everyone. @default what it was asked */
  readonly answer?: string;
}

/** Seconds of a sound engine; each request draws its own around them. */
const SECONDS = { firstToken: 0.2, perToken: 0.02, inQueue: 0.05, betweenTokens: 0.02, whole: 1.5 };
/** Coefficient of variation of what is drawn. */
const SPREAD = 0.4;
/** Seconds until a process that crashed is there again. */
const DOWN = 2;
const FLEET = 'cdk8s-inference/fleet';

interface Counted { answered: number; failed: number; seconds: number }

export class MeteredEngines implements Conduct {
  private readonly counted = new Map<string, Counted>();
  private readonly begin = Date.now();
  private readonly lives = new Map<string, number>();

  /** @param behaviours by the fleets' names */
  public constructor(private readonly behaviours: Map<string, Behaviour>) {}

  public isDown(pod: EnginePod): boolean {
    const { crashesAfter } = this.behaviourOf(pod);
    if (crashesAfter === undefined) { return false; }
    const age = (Date.now() - this.begin) / 1000;
    const life = Math.floor(age / (crashesAfter + DOWN));
    if (this.lives.get(pod.name) !== life) {
      this.lives.set(pod.name, life);
      this.counted.delete(key(pod));
    }
    return age % (crashesAfter + DOWN) > crashesAfter;
  }

  public fails(pod: EnginePod): boolean {
    const { errors = 0, slower = 1 } = this.behaviourOf(pod);
    const counted = this.of(pod);
    if (Math.random() < errors) {
      counted.failed += 1;
      return true;
    }
    counted.answered += 1;
    counted.seconds += slower * (1 + SPREAD * Math.sqrt(12) * (Math.random() - 0.5));
    return false;
  }

  public says(pod: EnginePod, question: string): string { return this.behaviourOf(pod).answer ?? question; }

  /** As a page of `FakeEngines`. */
  public page(pod: EnginePod, path: string): string | undefined {
    if (path !== '/metrics') { return undefined; }
    const { scraped = true } = this.behaviourOf(pod);
    if (!scraped) { return 'no metrics here\n'; }
    const { answered, failed, seconds } = this.of(pod);
    const mean = answered === 0 ? 0 : seconds / answered;
    return metricsPage('vllm', VLLM_VERSIONS[0].version, 'llama', {
      waiting: 0,
      running: 2,
      cacheUsed: 0.1,
      requests: answered,
      refusals: failed,
      mistakes: 0,
      broken: 0,
      promptTokens: 0,
      outputTokens: 0,
      tokensFromCache: 0,
      preemptions: 0,
      seconds: Object.fromEntries(Object.entries(SECONDS).map(([what, sound]) => [what, sound * mean])) as typeof SECONDS,
    }, 1);
  }

  private of(pod: EnginePod): Counted {
    const found = this.counted.get(key(pod)) ?? { answered: 0, failed: 0, seconds: 0 };
    this.counted.set(key(pod), found);
    return found;
  }

  private behaviourOf({ labels }: EnginePod): Behaviour { return this.behaviours.get(labels[FLEET]) ?? {}; }
}

function key({ namespace, name }: EnginePod): string { return `${namespace}/${name}`; }

