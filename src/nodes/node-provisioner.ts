import { Construct } from 'constructs';
import { bindKarpenterAws, describeKarpenterAws, KarpenterAwsOptions } from './karpenter-aws';
import { NodeDescription, NodeProvisionerConfig, NodeProvisionerContext } from './node-description';

/** Who makes the nodes of a pool. Extend it for one that is not here. */
export abstract class NodeProvisioner {
  /** Karpenter on AWS: a NodePool (`karpenter.sh/v1`), and an EC2NodeClass (`karpenter.k8s.aws/v1`) unless one is named. */
  public static karpenterAws(options: KarpenterAwsOptions): NodeProvisioner { return new KarpenterAws(options); }

  /**
   * What one node is, as far as the provisioner knows it. The pool asks before it binds; what its user states wins.
   *
   * @throws when the options contradict each other.
   */
  public abstract describe(scope: Construct): NodeDescription;

  /**
   * Emits what makes the nodes. Called once, by the pool that owns the provisioner.
   *
   * @throws when the options contradict each other.
   */
  public abstract bind(scope: Construct, context: NodeProvisionerContext): NodeProvisionerConfig;
}

class KarpenterAws extends NodeProvisioner {
  constructor(private readonly options: KarpenterAwsOptions) { super(); }

  public describe(scope: Construct): NodeDescription { return describeKarpenterAws(scope, this.options); }

  public bind(scope: Construct, context: NodeProvisionerContext): NodeProvisionerConfig {
    bindKarpenterAws(scope, this.options, context);
    return {};
  }
}
