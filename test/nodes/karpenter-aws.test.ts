import { ApiObject, Chart, Duration, JsonPatch, Size, Testing } from 'cdk8s';
import { chart, messageOf, NODE_CLASS, one, pool } from './support';
import { AmiFamily } from '../../src/nodes/ec2-node-class';
import { KarpenterAwsOptions } from '../../src/nodes/karpenter-aws';
import { NodeProvisioner } from '../../src/nodes/node-provisioner';
import { PurchaseOption } from '../../src/nodes/purchase-option';

describe('the NodePool', () => {
  test('starts nodes for GPU pods alone, within the budget, and never disturbs one that serves', () => {
    const at = chart();
    pool({}, {}, at);
    expect(one(at, 'NodePool')).toEqual({
      apiVersion: 'karpenter.sh/v1',
      kind: 'NodePool',
      metadata: { name: 'h100', labels: { 'app.kubernetes.io/managed-by': 'cdk8s-inference', 'app.kubernetes.io/name': 'h100' } },
      spec: {
        template: {
          metadata: { labels: { 'cdk8s-inference/pool': 'h100' } },
          spec: {
            nodeClassRef: { group: 'karpenter.k8s.aws', kind: 'EC2NodeClass', name: 'h100' },
            requirements: [
              { key: 'karpenter.sh/capacity-type', operator: 'In', values: ['on-demand'] },
              { key: 'kubernetes.io/arch', operator: 'In', values: ['amd64'] },
              { key: 'kubernetes.io/os', operator: 'In', values: ['linux'] },
              { key: 'node.kubernetes.io/instance-type', operator: 'In', values: ['p5.48xlarge'] },
            ],
            taints: [{ key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }],
            expireAfter: 'Never',
          },
        },
        disruption: {
          consolidationPolicy: 'WhenEmpty',
          consolidateAfter: '10m',
          budgets: [
            { nodes: '100%', reasons: ['Empty'] }, { nodes: '0', reasons: ['Drifted'] }, { nodes: '0', reasons: ['Underutilized'] },
          ],
        },
        limits: { 'nvidia.com/gpu': '16' },
      },
    });
  });

  test('takes every setting', () => {
    const at = chart();
    pool({
      purchase: PurchaseOption.spotWithFallback(),
      zones: ['us-east-1b', 'us-east-1a'],
      emptyFor: Duration.minutes(90),
      expireAfter: Duration.days(14),
      longestDrain: Duration.seconds(3661),
      replaceDrifted: true,
      weight: 7,
    }, {
      extraNodeLabels: { 'team': 'search', 'cost-center': 'c7' },
      extraTaints: [{ key: 'example.com/quarantine', effect: 'NoExecute' }],
    }, at);
    const { template, disruption, weight } = one(at, 'NodePool').spec;
    expect(template.metadata.labels).toEqual({ 'cdk8s-inference/pool': 'h100', 'cost-center': 'c7', 'team': 'search' });
    expect(template.spec.requirements).toContainEqual({ key: 'karpenter.sh/capacity-type', operator: 'In', values: ['on-demand', 'spot'] });
    expect(template.spec.requirements).toContainEqual({ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['us-east-1a', 'us-east-1b'] });
    expect(template.spec.taints).toEqual([
      { key: 'nvidia.com/gpu', value: 'present', effect: 'NoSchedule' }, { key: 'example.com/quarantine', effect: 'NoExecute' },
    ]);
    expect([template.spec.expireAfter, template.spec.terminationGracePeriod]).toEqual(['336h', '1h1m1s']);
    expect(disruption.consolidateAfter).toBe('1h30m');
    expect(disruption.budgets[1]).toEqual({ nodes: '1', reasons: ['Drifted'] });
    expect(weight).toBe(7);
  });

  test.each([
    ['onDemand', PurchaseOption.onDemand(), ['on-demand']],
    ['spot', PurchaseOption.spot(), ['spot']],
    ['spotWithFallback', PurchaseOption.spotWithFallback(), ['on-demand', 'spot']],
  ])('buys by %s', (_, purchase, values) => {
    const at = chart();
    pool({ purchase }, {}, at);
    expect(one(at, 'NodePool').spec.template.spec.requirements[0].values).toEqual(values);
  });

  test('buys reserved capacity through the EC2NodeClass that selects it', () => {
    const at = chart();
    pool({ purchase: PurchaseOption.reserved({ reservations: [{ id: 'cr-0a1b' }, { tags: { use: 'llm' }, ownerId: '123456789012' }], fallback: true }) }, {}, at);
    expect(one(at, 'NodePool').spec.template.spec.requirements[0].values).toEqual(['on-demand', 'reserved']);
    expect(one(at, 'EC2NodeClass').spec.capacityReservationSelectorTerms).toEqual([{ id: 'cr-0a1b' }, { tags: { use: 'llm' }, ownerID: '123456789012' }]);
  });

  test('is not tainted where the pool is not reserved', () => {
    const at = chart();
    expect(pool({}, { reserved: false }, at).taints).toEqual([]);
    expect(one(at, 'NodePool').spec.template.spec).not.toHaveProperty('taints');
  });

  test('refers to an EC2NodeClass that exists, whose disks are not known', () => {
    const at = chart();
    const made = pool({ nodeClassName: 'gpu' }, {}, at);
    expect(one(at, 'NodePool').spec.template.spec.nodeClassRef.name).toBe('gpu');
    expect(Testing.synth(at)).toHaveLength(1);
    expect(made.allocatableStorageBytes).toBeUndefined();
  });

  test('has no namespace, whatever that of its chart', () => {
    const at = chart('chat');
    pool({}, {}, at);
    expect(Testing.synth(at).map((object: any) => object.metadata.namespace)).toEqual([undefined, undefined]);
  });

  test('can be patched in any field', () => {
    const at = chart();
    ApiObject.of(pool({}, {}, at)).addJsonPatch(JsonPatch.add('/spec/limits/nodes', 3));
    expect(one(at, 'NodePool').spec.limits).toEqual({ 'nvidia.com/gpu': '16', 'nodes': 3 });
  });

  test('keeps the limit that the app is counted by', () => {
    const at = chart();
    ApiObject.of(pool({}, { poolName: 'gpu' }, at)).addJsonPatch(JsonPatch.replace('/spec/limits/nvidia.com~1gpu', '64'));
    expect(() => Testing.synth(at)).toThrow(/\] the limit of the NodePool is '64' of 'nvidia.com\/gpu' but 'maxGpus' is 16, which the app is counted by; change 'maxGpus'$/);
  });

  test('is the same bytes whatever the order of types, zones, labels and tags', () => {
    const bytes = (at: Chart) => JSON.stringify(Testing.synth(at));
    const [a, b] = [chart(), chart()];
    pool({ instanceTypes: ['g6.xlarge', 'g6.2xlarge'], zones: ['us-east-1a', 'us-east-1b'], nodeClass: { ...NODE_CLASS, tags: { a: '1', b: '2' } } },
      { extraNodeLabels: { x: '1', y: '2' } }, a);
    pool({ instanceTypes: ['g6.2xlarge', 'g6.xlarge', 'g6.xlarge'], zones: ['us-east-1b', 'us-east-1a'], nodeClass: { ...NODE_CLASS, tags: { b: '2', a: '1' } } },
      { extraNodeLabels: { y: '2', x: '1' } }, b);
    expect(bytes(a)).toBe(bytes(b));
  });
});

describe('the EC2NodeClass', () => {
  test('has an encrypted volume, local disks joined, and metadata out of reach of pods', () => {
    const at = chart();
    pool({}, {}, at);
    expect(one(at, 'EC2NodeClass')).toEqual({
      apiVersion: 'karpenter.k8s.aws/v1',
      kind: 'EC2NodeClass',
      metadata: { name: 'h100', labels: { 'app.kubernetes.io/managed-by': 'cdk8s-inference', 'app.kubernetes.io/name': 'h100' } },
      spec: {
        amiFamily: 'AL2023',
        amiSelectorTerms: [{ alias: 'al2023@v20260801' }],
        subnetSelectorTerms: [{ tags: { 'karpenter.sh/discovery': 'prod' } }],
        securityGroupSelectorTerms: [{ tags: { 'karpenter.sh/discovery': 'prod' } }],
        role: 'KarpenterNodeRole-prod',
        associatePublicIPAddress: false,
        blockDeviceMappings: [{
          deviceName: '/dev/xvda',
          rootVolume: true,
          ebs: { volumeType: 'gp3', encrypted: true, deleteOnTermination: true, volumeSize: '200Gi', throughput: 500 },
        }],
        instanceStorePolicy: 'RAID0',
        metadataOptions: { httpEndpoint: 'enabled', httpProtocolIPv6: 'disabled', httpPutResponseHopLimit: 1, httpTokens: 'required' },
      },
    });
  });

  test('takes every setting', () => {
    const at = chart();
    pool({
      nodeClass: {
        role: 'nodes',
        subnets: [{ id: 'subnet-0a1b' }],
        securityGroups: [{ id: 'sg-0a1b' }, { name: 'efa' }],
        amis: [{ name: 'gpu-*', owner: 'self', tags: { stage: 'prod' } }, { ssmParameter: '/images/gpu' }],
        amiFamily: AmiFamily.BOTTLEROCKET,
        volumeSize: Size.tebibytes(1),
        volumeMebibytesPerSecond: 750,
        kmsKeyId: 'alias/ebs',
        localStorage: false,
        placementGroup: 'llm',
        tags: { team: 'search', empty: '' },
        userData: '[settings.kernel]',
      },
    }, {}, at);
    expect(one(at, 'EC2NodeClass').spec).toEqual({
      amiFamily: 'Bottlerocket',
      amiSelectorTerms: [{ name: 'gpu-*', owner: 'self', tags: { stage: 'prod' } }, { ssmParameter: '/images/gpu' }],
      subnetSelectorTerms: [{ id: 'subnet-0a1b' }],
      securityGroupSelectorTerms: [{ id: 'sg-0a1b' }, { name: 'efa' }],
      placementGroupSelector: { name: 'llm' },
      role: 'nodes',
      associatePublicIPAddress: false,
      blockDeviceMappings: [
        { deviceName: '/dev/xvda', ebs: { volumeType: 'gp3', encrypted: true, kmsKeyID: 'alias/ebs', deleteOnTermination: true, volumeSize: '4Gi' } },
        {
          deviceName: '/dev/xvdb',
          rootVolume: true,
          ebs: { volumeType: 'gp3', encrypted: true, kmsKeyID: 'alias/ebs', deleteOnTermination: true, volumeSize: '1024Gi', throughput: 750 },
        },
      ],
      metadataOptions: { httpEndpoint: 'enabled', httpProtocolIPv6: 'disabled', httpPutResponseHopLimit: 1, httpTokens: 'required' },
      tags: { empty: '', team: 'search' },
      userData: '[settings.kernel]',
    });
  });
});

describe('ephemeral storage for pods', () => {
  const GIB = 2 ** 30;
  // Karpenter v1.14, pkg/providers/instancetype/types.go: the disks less 10 % for eviction and 1 GiB for the system.
  test.each<[string, Partial<KarpenterAwsOptions>, number | undefined]>([
    ['is that of the local disks where there are any', {}, Math.floor(30400e9 * 0.9) - GIB],
    ['is that of the volume where local disks are left alone', { nodeClass: { ...NODE_CLASS, localStorage: false } }, 180 * GIB - GIB],
    ['is that of the smallest type', { instanceTypes: ['g6.xlarge', 'g6.16xlarge'] }, Math.floor(Math.min(250e9, 1880e9) * 0.9) - GIB],
    ['is that of the volume for types without disks', { instanceTypes: ['g5g.xlarge'] }, 180 * GIB - GIB],
  ])('%s', (_, options, bytes) => {
    expect(pool(options).allocatableStorageBytes).toBe(bytes);
  });
});

describe('EFA', () => {
  test('gives pods the adapters of a whole node, in one zone', () => {
    const at = chart();
    const made = pool({ efa: true, zones: ['us-east-1a'] }, {}, at);
    expect(made.rdmaResources).toEqual({ 'vpc.amazonaws.com/efa': 32 });
    expect(one(at, 'NodePool').spec.template.spec.requirements).toContainEqual({ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['us-east-1a'] });
    expect(pool().rdmaResources).toEqual({});
  });

  test.each<[string, Partial<KarpenterAwsOptions>, string]>([
    ['without a zone', {}, "'efa' needs exactly one zone, because the fabric does not leave one, but 'zones' is missing"],
    ['over two zones', { zones: ['us-east-1a', 'us-east-1b'] }, "'efa' needs exactly one zone, because the fabric does not leave one, but 'zones' has 2"],
    ['on a type without an adapter', { instanceTypes: ['g6.xlarge'], zones: ['us-east-1a'] },
      "'efa' is true but instance type 'g6.xlarge' has no Elastic Fabric Adapter; leave 'efa' out, or use a larger type"],
    ['on types with different numbers of adapters', { instanceTypes: ['p5e.48xlarge', 'p5en.48xlarge'], zones: ['us-east-1a'] },
      "'efa' needs instance types with the same number of adapters but 'p5e.48xlarge' has 32 and 'p5en.48xlarge' has 16; make a pool for each"],
    ['on a type that the catalogue lacks', { instanceTypes: ['p9.48xlarge'], zones: ['us-east-1a'] },
      "'efa' is true but the catalogue does not say how many adapters instance type 'p9.48xlarge' has; leave 'efa' out, or state 'rdmaResources' on a pool of nodes that exist"],
  ])('is refused %s', (_, options, sentence) => {
    expect(messageOf(() => pool({ efa: true, ...options }))).toBe(`[platform/H100] ${sentence}`);
  });
});

describe('refuses, in one sentence,', () => {
  test.each<[string, any, string]>([
    ['no options', null, "the options of 'karpenterAws' are null but must give at least 'instanceTypes'"],
  ])('%s', (_, options, sentence) => {
    expect(messageOf(() => pool({}, { provisioner: NodeProvisioner.karpenterAws(options) }))).toBe(`[platform/H100] ${sentence}`);
  });

  test.each<[string, any, string]>([
    ['no instance type', { instanceTypes: [] }, "'instanceTypes' is a list of 0 but must list at least one instance type"],
    ['instance types that are a text', { instanceTypes: 'p5.48xlarge' }, "'instanceTypes' is 'p5.48xlarge' but must list at least one instance type"],
    ['an instance type that is none', { instanceTypes: ['p5 48xlarge'] }, "'instanceTypes' has 'p5 48xlarge' but an instance type is the cloud's name of it, e.g. 'p5.48xlarge'"],
    ['different accelerators', { instanceTypes: ['p5.48xlarge', 'p5en.48xlarge'] },
      "'instanceTypes' must agree on the accelerator but 'p5.48xlarge' has 'h100-sxm' and 'p5en.48xlarge' has 'h200-sxm'; make a pool for each"],
    ['nodes of different sizes', { instanceTypes: ['g6.xlarge', 'g6.12xlarge'] },
      "'instanceTypes' must agree on the number of accelerators but 'g6.12xlarge' has 4 and 'g6.xlarge' has 1; make a pool for each"],
    ['different processors', { instanceTypes: ['g4dn.xlarge', 'g5g.xlarge'] },
      "'instanceTypes' must agree on the processor architecture but 'g4dn.xlarge' has 'amd64' and 'g5g.xlarge' has 'arm64'; make a pool for each"],
    ['a share of a GPU', { instanceTypes: ['g6f.large'] }, "'instanceTypes' has 'g6f.large', which carries a share of an accelerator; use a type with a whole one"],
    ['a machine of another cloud', { instanceTypes: ['a2-highgpu-8g'] },
      "'instanceTypes' has 'a2-highgpu-8g', which is a machine of gcp; Karpenter on AWS starts machines of EC2 alone"],
    ['no node class', { nodeClass: undefined }, "'karpenterAws' has neither 'nodeClass' nor 'nodeClassName'; give 'nodeClass' to make an EC2NodeClass, or 'nodeClassName' to use one"],
    ['two node classes', { nodeClass: NODE_CLASS, nodeClassName: 'gpu' }, "'karpenterAws' has both 'nodeClass' and 'nodeClassName'; give 'nodeClass' to make an EC2NodeClass, or 'nodeClassName' to use one"],
    ['a node class with a wrong name', { nodeClassName: 'GPU' }, "'nodeClassName' is 'GPU' but must be the name of an EC2NodeClass: lower-case letters, digits and '-'"],
    ['a purchase that is a text', { purchase: 'spot' }, "'purchase' is 'spot' but must be a PurchaseOption, e.g. PurchaseOption.spotWithFallback()"],
    ['reservations on a foreign node class', { nodeClassName: 'gpu', purchase: PurchaseOption.reserved({ reservations: [{ id: 'cr-1' }] }) },
      "'reservations' can't be put on the EC2NodeClass that 'nodeClassName' names; select them there, and leave 'reservations' out"],
    ['drift that is a text', { replaceDrifted: 'false' }, "'replaceDrifted' is 'false' but must be true or false"],
    ['reserved capacity without reservations', { purchase: PurchaseOption.reserved() }, "'purchase' is reserved capacity without 'reservations'; say which reservations to launch into"],
    ['a reservation of a wrong owner', { purchase: PurchaseOption.reserved({ reservations: [{ tags: { a: 'b' }, ownerId: '12' }] }) },
      "a term of 'reservations' has the ownerId '12', which AWS would not take"],
    ['no zone', { zones: [] }, "'zones' is a list of 0 but must list at least one zone, e.g. 'us-east-1a'"],
    ['a zone that is none', { zones: ['US'] }, "'zones' has 'US' but a zone is AWS's name of it, e.g. 'us-east-1a'"],
    ['a region for a zone', { zones: ['us-east-1'] }, "'zones' has 'us-east-1' but a zone is AWS's name of it, e.g. 'us-east-1a'"],
    ['the id of a zone', { zones: ['use1-az1'] }, "'zones' has 'use1-az1' but a zone is AWS's name of it, e.g. 'us-east-1a'"],
    ['zones of two regions', { zones: ['us-east-1a', 'eu-west-1b'] }, "'zones' has 'us-east-1a' and 'eu-west-1b' but the nodes of a cluster are in one region; leave out the zones of the other one"],
    ['a zone twice', { zones: ['us-east-1a', 'us-east-1a'] }, "'zones' names 'us-east-1a' twice"],
    ['a time that is a number', { emptyFor: 600 }, "'emptyFor' is 600 but must be a Duration of whole seconds, from one to 99999 hours"],
    ['parts of a second', { expireAfter: Duration.millis(1500) }, "'expireAfter' is 1.5 s but must be a Duration of whole seconds, from one to 99999 hours"],
    ['an age beyond all reason', { expireAfter: Duration.days(5000) }, "'expireAfter' is 432000000 s but must be a Duration of whole seconds, from one to 99999 hours"],
    ['no time', { longestDrain: Duration.seconds(0) }, "'longestDrain' is 0 s but must be a Duration of whole seconds, from one to 99999 hours"],
    ['a weight beyond 100', { weight: 101 }, "'weight' is 101 but must be a whole number from 1 to 100"],
  ])('%s', (_, options, sentence) => {
    expect(messageOf(() => pool(options))).toBe(`[platform/H100] ${sentence}`);
  });

  test.each<[string, any, string]>([
    ['a role with a path', { role: 'a/b' }, "'role' is 'a/b' but must be the name of an IAM role: 1 to 64 letters, digits and '+=,.@-_', without a path"],
    ['no subnet', { subnets: [] }, "'subnets' is a list of 0 but must list 1 to 30 terms, e.g. by tags"],
    ['an empty term', { subnets: [{}] }, "a term of 'subnets' selects nothing; give one of 'id', 'tags'"],
    ['a term that is none', { subnets: [null] }, "a term of 'subnets' is null but must be an object with 'id', 'tags'"],
    ['a term that selects nothing', { subnets: [{}] }, "a term of 'subnets' selects nothing; give one of 'id', 'tags'"],
    ['a field that there is not', { subnets: [{ name: 'x' }] }, "a term of 'subnets' has 'name' but may have 'id', 'tags'"],
    ['an id of something else', { subnets: [{ id: 'sg-1' }] }, "a term of 'subnets' has the id 'sg-1', which AWS would not take"],
    ['an id beside tags', { securityGroups: [{ id: 'sg-1', tags: { a: 'b' } }] }, "a term of 'securityGroups' has 'id' beside other fields but it stands alone"],
    ['a name beside tags', { securityGroups: [{ name: 'x', tags: { a: 'b' } }] }, "a term of 'securityGroups' has 'name' beside other fields but it stands alone"],
    ['an alias beside an owner', { amis: [{ alias: 'al2023@latest', owner: 'self' }] }, "a term of 'amis' has 'alias' beside other fields but it stands alone"],
    ['an alias among others', { amis: [{ alias: 'al2023@latest' }, { id: 'ami-1' }] }, "'amis' has an alias among several terms but an alias stands alone; give it alone, or select by id, name or tags"],
    ['an owner alone', { amis: [{ owner: 'self' }] }, "a term of 'amis' selects nothing; give one of 'id', 'alias', 'name', 'ssmParameter', 'tags'"],
    ['an alias of another family', { amis: [{ alias: 'windows2022@latest' }] }, "'amis' has the alias 'windows2022@latest' but its family must be 'al2023' or 'bottlerocket'"],
    ['a family that is not the alias\'s', { amiFamily: 'Bottlerocket' }, "'amiFamily' is 'Bottlerocket' but the alias 'al2023@v20260801' is of 'AL2023'; leave 'amiFamily' out"],
    ['a family that there is not', { amiFamily: 'AL2' }, "'amiFamily' is 'AL2' but must be 'AL2023' or 'Bottlerocket'; for another one, name your own EC2NodeClass with 'nodeClassName'"],
    ['no family', { amis: [{ id: 'ami-1' }] }, "'amiFamily' is missing; it is needed where 'amis' gives no alias, because it decides how a node joins the cluster"],
    ['a volume that is a number', { volumeSize: 200 }, "'volumeSize' is 200 but must be a Size, e.g. Size.gibibytes(200)"],
    ['a volume that is too small', { volumeSize: Size.gibibytes(8) }, "'volumeSize' is 8 GiB but must be whole GiB from 20 to 16384"],
    ['a volume of parts', { volumeSize: Size.mebibytes(30000) }, "'volumeSize' is 29.296875 GiB but must be whole GiB from 20 to 16384"],
    ['a throughput beyond gp3\'s', { volumeMebibytesPerSecond: 1000 }, "'volumeMebibytesPerSecond' is 1000 but must be a whole number of MiB per second from 125 to 750"],
    ['an empty key', { kmsKeyId: '' }, "'kmsKeyId' is '' but must be the id or ARN of a key: up to 2048 letters, digits and '_:/-'"],
    ['a placement group over two lines', { placementGroup: 'a\nb' }, "'placementGroup' is 'a b' but must be a name of 1 to 255 printable ASCII characters"],
    ['more user data than EC2 takes', { userData: 'x'.repeat(16385) }, `'userData' is '${'x'.repeat(60)}…' (16385 characters) but must be a text of 1 to 16384 bytes, which is what EC2 takes`],
    ['a flag that is a text', { localStorage: 'false' }, "'localStorage' is 'false' but must be true or false"],
    ['no tags', { subnets: [{ tags: {} }] }, "tags of 'subnets' are a value of type object but must map keys to values"],
    ['an empty tag to select by', { subnets: [{ tags: { a: '' } }] }, "tag 'a' of 'subnets' is '' but a key has 1 to 128 characters and a value is a text of at most 256"],
    ['a tag that Karpenter owns', { tags: { 'karpenter.sh/nodepool': 'x' } }, "tag 'karpenter.sh/nodepool' of 'tags' belongs to Karpenter or EKS; leave it out"],
  ])('%s in the node class', (_, options, sentence) => {
    expect(messageOf(() => pool({ nodeClass: { ...NODE_CLASS, ...options } }))).toBe(`[platform/H100] ${sentence}`);
  });

  test.each(['karpenter.sh/capacity-type', 'x.karpenter.k8s.aws/y', 'kubernetes.io/hostname'])('the node label %s', (label) => {
    expect(messageOf(() => pool({}, { extraNodeLabels: { [label]: 'x' } }))).toBe(
      `[platform/H100] node label '${label}' is one that Kubernetes or Karpenter sets; leave it out of 'extraNodeLabels'`);
  });

  test('a node class that is a text', () => {
    expect(messageOf(() => pool({ nodeClass: 'gpu' as any }))).toBe("[platform/H100] 'nodeClass' is 'gpu' but must give role, subnets, securityGroups and amis");
  });
});
