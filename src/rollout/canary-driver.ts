import { Construct } from 'constructs';
import { ArgoRolloutsOptions, driveByArgo } from './argo-driver';
import { CanaryContext } from './canary-context';
import { driveByHand, ManualDriverOptions } from './manual-driver';
import { driveByRunner } from './runner-driver';
import { RunnerDriverOptions } from './runner-driver-options';

/** Who moves the traffic of a rollout. Extend it for a way that is not here. */
export abstract class CanaryDriver {
  /**
   * A Job in the cluster does: it waits for capacity, moves the weights, judges the candidate by measurements, and steps back by itself.
   *
   * It needs Prometheus, which scrapes both fleets, and for the objects that have it scraped and record what it reads, the Prometheus operator.
   */
  public static runner(options: RunnerDriverOptions = {}): CanaryDriver {
    return new Driver((scope, context) => driveByRunner(scope, context, options));
  }

  /** Git does: the weights stand in it, and each step is a commit that raises `step`. Nobody reads the gates but people. */
  public static manual(options: ManualDriverOptions = {}): CanaryDriver {
    return new Driver((scope, context) => driveByHand(scope, context, options));
  }

  /**
   * Argo Rollouts does, with its plugin for Gateway API: for Deployments, in clusters that have both. The Rollout owns the pods of both fleets in
   * turn, so it stays in Git between rollouts. Its gates are thresholds: no comparison at equal load, no sequential test.
   */
  public static argoRollouts(options: ArgoRolloutsOptions): CanaryDriver {
    return new Driver((scope, context) => driveByArgo(scope, context, options));
  }

  /**
   * Called once, by the canary that owns the driver. It emits what moves the traffic, and says what runs of the fleets
   * (`candidate.runReplicas`, or `releaseReplicas` of what the driver scales).
   *
   * @param scope where its objects belong; empty
   */
  public abstract bind(scope: Construct, context: CanaryContext): void;
}

class Driver extends CanaryDriver {
  constructor(private readonly emit: (scope: Construct, context: CanaryContext) => void) { super(); }

  public bind(scope: Construct, context: CanaryContext): void { this.emit(scope, context); }
}
