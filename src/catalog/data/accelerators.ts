/** Accelerators. A figure that nobody states is absent. Internal: `Accelerator` reads them. */

/** One row of the catalogue. */
export interface AcceleratorRow {
  readonly id: string;
  readonly title: string;
  readonly vendor: string;
  /** Names besides the id, the title and the label values; one that stands in several rows is ambiguous. */
  readonly aliases: readonly string[];
  /** The lowest total that a program, or else the driver or the cloud, was seen to report; absent where nobody states one. */
  readonly memoryBytes?: number;
  readonly memoryBytesPerSecond?: number;
  /** Dense tensor rates in FLOP/s (OP/s for int8) by compute format: fp32, fp16, bf16, fp8, int8, fp4. */
  readonly rates: { readonly [format: string]: number };
  readonly linkTechnology?: string;
  /** One direction, per accelerator. */
  readonly linkBytesPerSecond?: number;
  readonly linkDomain: number;
  /** Between the accelerator and its host's memory, one direction, at the card's own best: a host may have slower slots. */
  readonly hostLinkBytesPerSecond?: number;
  /** Rated board power, or the highest limit that can be set where no rating is stated. */
  readonly maxPowerWatts?: number;
  readonly computeCapability?: number;
  readonly resourceName: string;
  readonly nodeLabels: { readonly [key: string]: readonly string[] };
  readonly caution?: string;
  readonly source: string;
  readonly asOf: string;
}

/** Bytes of a total that was printed in GiB: rounded down, for the card has no more than was printed. */
const gib = (printed: number) => Math.floor(printed * 2 ** 30);
const mib = (printed: number) => printed * 2 ** 20;

export const ACCELERATORS: readonly AcceleratorRow[] = [
  {
    id: 't4',
    title: 'T4 16GB',
    vendor: 'nvidia',
    aliases: ['t4g'],
    memoryBytes: gib(14.56),
    memoryBytesPerSecond: 320e9,
    rates: { fp16: 65e12, int8: 130e12 },
    linkDomain: 1,
    maxPowerWatts: 70,
    computeCapability: 7.5,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['Tesla-T4'],
      'cloud.google.com/gke-accelerator': ['nvidia-tesla-t4'],
      'karpenter.k8s.aws/instance-gpu-name': ['t4'],
    },
    caution: "FP16, INT8 and bandwidth are the vendor's figures as recalled, no source was opened: check them before relying on them",
    source: 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'memory: totals printed in vLLM start-up logs; '
      + 'GKE label: GKE documentation text and Google xpk system_characteristics; '
      + 'rates: vendor figures recalled, no source opened (65 FP16, 130 INT8): check; '
      + "bandwidth: vendor's data sheet figure, not opened here: check before relying on it",
    asOf: '2026-08-31',
  },
  {
    id: 'v100-sxm2-16gb',
    title: 'V100 SXM2 16GB',
    vendor: 'nvidia',
    aliases: ['v100-16gb'],
    memoryBytes: mib(16130),
    memoryBytesPerSecond: 900e9,
    rates: { fp16: 125e12 },
    linkTechnology: 'NVLink 2',
    linkBytesPerSecond: 150e9,
    linkDomain: 8,
    maxPowerWatts: 300,
    computeCapability: 7,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['Tesla-V100-SXM2-16GB'],
      'cloud.google.com/gke-accelerator': ['nvidia-tesla-v100'],
      'karpenter.k8s.aws/instance-gpu-name': ['v100'],
    },
    source: 'bandwidth, rates, link: github.com/cli99/llm-analysis@d841e40:llm_analysis/gpu_configs/v100-sxm-32gb.json; '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'memory: PyTorch prints a total of 16130 MiB in a public training log (read 2026-11-21)',
    asOf: '2026-08-31',
  },
  {
    id: 'v100-32gb',
    title: 'V100 32GB',
    vendor: 'nvidia',
    aliases: ['v100-sxm2-32gb'],
    memoryBytes: gib(31.74),
    memoryBytesPerSecond: 900e9,
    rates: { fp16: 125e12 },
    linkTechnology: 'NVLink 2',
    linkBytesPerSecond: 150e9,
    linkDomain: 8,
    maxPowerWatts: 350,
    computeCapability: 7,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['Tesla-V100-SXM3-32GB', 'Tesla-V100-PCIE-32GB'],
      'karpenter.k8s.aws/instance-gpu-name': ['v100'],
    },
    caution: 'the PCIe form has 112 TFLOPS and 250 W',
    source: 'bandwidth, rates, link: github.com/cli99/llm-analysis@d841e40:llm_analysis/gpu_configs/v100-sxm-32gb.json; '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'memory: totals printed in vLLM start-up logs',
    asOf: '2026-08-31',
  },
  {
    id: 'a10',
    title: 'A10 24GB',
    vendor: 'nvidia',
    aliases: [],
    memoryBytes: gib(22.06),
    memoryBytesPerSecond: 600e9,
    rates: { bf16: 125e12, fp16: 125e12, int8: 250e12 },
    linkTechnology: 'PCIe',
    linkBytesPerSecond: 32e9,
    linkDomain: 1,
    maxPowerWatts: 150,
    computeCapability: 8.6,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-A10'],
    },
    caution: 'memory is the total that cards of the 24 GB class print; one source names this card a 28 GB one',
    source: 'bandwidth, rates: github.com/cli99/llm-analysis@d841e40:llm_analysis/gpu_configs/a10-pcie-28gb.json; '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'memory: 22.06 GiB printed by 24GB-class cards (L4/A10 class)',
    asOf: '2026-08-31',
  },
  {
    id: 'a10g',
    title: 'A10G 24GB',
    vendor: 'nvidia',
    aliases: [],
    memoryBytes: mib(22888),
    memoryBytesPerSecond: 600e9,
    rates: { bf16: 70e12, fp16: 70e12, int8: 140e12 },
    linkTechnology: 'PCIe',
    linkBytesPerSecond: 32e9,
    linkDomain: 1,
    computeCapability: 8.6,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-A10G'],
      'karpenter.k8s.aws/instance-gpu-name': ['a10g'],
    },
    caution: "memory is the driver's total, of which a program may see up to 2 % less",
    source: 'bandwidth, rates: github.com/cli99/llm-analysis@d841e40:llm_analysis/gpu_configs/a10g-pcie-24gb.json; '
      + 'driver total: github.com/aws/karpenter-provider-aws@1d92708:website/content/en/docs/reference/instance-types.md (instance-gpu-memory 22888); '
      + 'label: github.com/llm-d-incubation/llm-d-planner gpu_catalog.json alias',
    asOf: '2026-08-31',
  },
  {
    id: 'a30',
    title: 'A30 24GB',
    vendor: 'nvidia',
    aliases: [],
    memoryBytes: mib(24258),
    memoryBytesPerSecond: 933e9,
    rates: { bf16: 165e12 },
    hostLinkBytesPerSecond: 32e9,
    linkDomain: 1,
    maxPowerWatts: 165,
    computeCapability: 8,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-A30'],
    },
    caution: "memory is the driver's total, of which a program may see up to 2 % less",
    source: 'figures: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/a30.yaml; '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'memory: nvidia-smi prints 24258 MiB in public logs (read 2026-11-21), others 24576'
      + '; host link: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/a30.yaml',
    asOf: '2026-08-31',
  },
  {
    id: 'a40',
    title: 'A40 48GB',
    vendor: 'nvidia',
    aliases: [],
    memoryBytes: mib(46068),
    memoryBytesPerSecond: 696e9,
    rates: { bf16: 149.7e12, int8: 299.3e12 },
    linkDomain: 1,
    maxPowerWatts: 300,
    computeCapability: 8.6,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-A40'],
    },
    caution: "memory is the driver's total, of which a program may see up to 2 % less",
    source: 'figures: github.com/hahnyuan/LLM-Viewer@472f71f:hardwares/hardware_params.py; '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'memory: nvidia-smi prints 46068 MiB in public logs (read 2026-11-21) with ECC on',
    asOf: '2026-08-31',
  },
  {
    id: 'a100-sxm-40gb',
    title: 'A100 SXM4 40GB',
    vendor: 'nvidia',
    aliases: ['a100', 'a100-40gb', 'a100-sxm', 'a100-sxm4', 'a100-40gb-sxm'],
    memoryBytes: gib(39.39),
    memoryBytesPerSecond: 1555e9,
    rates: { bf16: 312e12, int8: 624e12 },
    linkTechnology: 'NVLink 3',
    linkBytesPerSecond: 300e9,
    hostLinkBytesPerSecond: 32e9,
    linkDomain: 8,
    maxPowerWatts: 400,
    computeCapability: 8,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-A100-SXM4-40GB'],
      'cloud.google.com/gke-accelerator': ['nvidia-tesla-a100'],
      'karpenter.k8s.aws/instance-gpu-name': ['a100'],
    },
    source: 'figures: github.com/cli99/llm-analysis@d841e40:llm_analysis/gpu_configs/a100-sxm-40gb.json; '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'memory: totals printed in vLLM start-up logs; '
      + 'GKE label: GKE documentation text and Google xpk system_characteristics'
      + '; host link: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/a100_sxm.yaml',
    asOf: '2026-08-31',
  },
  {
    id: 'a100-sxm-80gb',
    title: 'A100 SXM4 80GB',
    vendor: 'nvidia',
    aliases: ['a100', 'a100-80gb', 'a100-sxm', 'a100-sxm4', 'a100-80gb-sxm'],
    memoryBytes: gib(79.14),
    memoryBytesPerSecond: 2039e9,
    rates: { bf16: 312e12, int8: 624e12 },
    linkTechnology: 'NVLink 3',
    linkBytesPerSecond: 300e9,
    hostLinkBytesPerSecond: 32e9,
    linkDomain: 8,
    maxPowerWatts: 400,
    computeCapability: 8,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-A100-SXM4-80GB'],
      'cloud.google.com/gke-accelerator': ['nvidia-a100-80gb'],
      'karpenter.k8s.aws/instance-gpu-name': ['a100'],
    },
    source: 'figures: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/a100_sxm.yaml; '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'memory: totals printed in vLLM start-up logs; '
      + 'GKE label: GKE documentation text and Google xpk system_characteristics'
      + '; host link: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/a100_sxm.yaml',
    asOf: '2026-08-31',
  },
  {
    id: 'a100-pcie-80gb',
    title: 'A100 PCIe 80GB',
    vendor: 'nvidia',
    aliases: ['a100', 'a100-80gb', 'a100-pcie'],
    memoryBytes: mib(81920),
    memoryBytesPerSecond: 1935e9,
    rates: { bf16: 312e12, int8: 624e12 },
    linkTechnology: 'PCIe 4 (NVLink bridge pairs)',
    linkBytesPerSecond: 32e9,
    hostLinkBytesPerSecond: 32e9,
    linkDomain: 2,
    maxPowerWatts: 300,
    computeCapability: 8,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-A100-80GB-PCIe'],
    },
    caution: "memory is the driver's total, of which a program may see up to 2 % less",
    source: 'figures: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/a100_pcie.yaml; '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'memory: nvidia-smi prints 81920 MiB in public logs (read 2026-11-21)'
      + '; host link: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/a100_pcie.yaml',
    asOf: '2026-08-31',
  },
  {
    id: 'a100-pcie-40gb',
    title: 'A100 PCIe 40GB',
    vendor: 'nvidia',
    aliases: ['a100', 'a100-40gb', 'a100-pcie', 'a100-40gb-pcie'],
    memoryBytes: mib(40536),
    memoryBytesPerSecond: 1555e9,
    rates: { bf16: 312e12, int8: 624e12 },
    hostLinkBytesPerSecond: 32e9,
    linkDomain: 1,
    maxPowerWatts: 250,
    computeCapability: 8,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-A100-PCIE-40GB'],
    },
    caution: "memory is the driver's total, of which a program may see up to 2 % less",
    source: 'figures: github.com/cli99/llm-analysis@d841e40:llm_analysis/gpu_configs/a100-pcie-40gb.json; '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'memory: nvidia-smi prints 40536 MiB in public logs (read 2026-11-21)'
      + '; host link: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/a100_pcie.yaml',
    asOf: '2026-08-31',
  },
  {
    id: 'l4',
    title: 'L4 24GB',
    vendor: 'nvidia',
    aliases: [],
    memoryBytes: gib(22.06),
    memoryBytesPerSecond: 300e9,
    rates: { bf16: 121e12, fp8: 242e12, int8: 242e12 },
    linkTechnology: 'PCIe 4',
    linkBytesPerSecond: 32e9,
    hostLinkBytesPerSecond: 32e9,
    linkDomain: 1,
    maxPowerWatts: 72,
    computeCapability: 8.9,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-L4'],
      'cloud.google.com/gke-accelerator': ['nvidia-l4'],
      'karpenter.k8s.aws/instance-gpu-name': ['l4'],
    },
    source: 'figures: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/l4.yaml; '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'driver total: github.com/aws/karpenter-provider-aws@1d92708:website/content/en/docs/reference/instance-types.md; '
      + 'GKE label: GKE documentation text and Google xpk system_characteristics'
      + '; host link: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/l4.yaml',
    asOf: '2026-08-31',
  },
  {
    id: 'l40s',
    title: 'L40S 48GB',
    vendor: 'nvidia',
    aliases: [],
    memoryBytes: gib(44.31),
    memoryBytesPerSecond: 864e9,
    rates: { bf16: 362e12, fp8: 733e12, int8: 733e12 },
    linkTechnology: 'PCIe 4',
    linkBytesPerSecond: 32e9,
    hostLinkBytesPerSecond: 32e9,
    linkDomain: 1,
    maxPowerWatts: 350,
    computeCapability: 8.9,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-L40S'],
      'karpenter.k8s.aws/instance-gpu-name': ['l40s'],
    },
    caution: 'nvidia-smi prints 46068 MiB, EC2 states 45776 MiB; memory is the lowest total that vLLM printed',
    source: 'figures: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/l40s.yaml; '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'memory: totals printed in vLLM start-up logs'
      + '; host link: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/l40s.yaml',
    asOf: '2026-08-31',
  },
  {
    id: 'l40',
    title: 'L40 48GB',
    vendor: 'nvidia',
    aliases: [],
    memoryBytes: mib(46068),
    memoryBytesPerSecond: 864e9,
    rates: { bf16: 181e12, int8: 362e12 },
    linkDomain: 1,
    maxPowerWatts: 300,
    computeCapability: 8.9,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-L40'],
    },
    caution: "memory is the driver's total, of which a program may see up to 2 % less",
    source: 'figures: github.com/hahnyuan/LLM-Viewer@472f71f:hardwares/hardware_params.py; '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'memory: nvidia-smi prints 46068 MiB in public logs (read 2026-11-21) with ECC on',
    asOf: '2026-08-31',
  },
  {
    id: 'l20',
    title: 'L20 48GB',
    vendor: 'nvidia',
    aliases: [],
    memoryBytes: mib(46068),
    memoryBytesPerSecond: 864e9,
    rates: { bf16: 119.5e12 },
    linkDomain: 1,
    maxPowerWatts: 350,
    computeCapability: 8.9,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-L20'],
    },
    caution: "the 16-bit rate is a third party's, no statement of the vendor was found; memory is the driver's total, of which a program may see up to 2 % less; memory bandwidth is the vendor's data sheet figure, not opened: check it before relying on it",
    source: 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'marketed memory: llm-d-planner gpu_catalog.json; '
      + "bandwidth: vendor's data sheet figure, not opened here: check before relying on it; "
      + 'memory: nvidia-smi prints 46068 MiB in public logs (read 2026-11-21) with ECC on'
      + '; 16-bit rate: github.com/volcengine/verl@02cf355:verl/utils/flops_counter.py',
    asOf: '2026-08-31',
  },
  {
    id: 'rtx-pro-6000-server',
    title: 'RTX PRO 6000 Blackwell Server Edition 96GB',
    vendor: 'nvidia',
    aliases: ['rtx-pro-6000', 'rtx-pro-6000-96gb', 'rtx-pro-6000-blackwell-server-edition', 'rtxpro6000bse'],
    memoryBytes: mib(97887),
    memoryBytesPerSecond: 1792e9,
    rates: { bf16: 467.8e12, fp8: 935.6e12, fp4: 1871e12 },
    linkTechnology: 'PCIe 5',
    linkBytesPerSecond: 64e9,
    hostLinkBytesPerSecond: 64e9,
    linkDomain: 1,
    maxPowerWatts: 600,
    computeCapability: 12,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-RTX-PRO-6000-Blackwell-Server-Edition'],
      'cloud.google.com/gke-accelerator': ['nvidia-rtx-pro-6000'],
      'karpenter.k8s.aws/instance-gpu-name': ['rtx-pro-server-6000'],
    },
    caution: "NVIDIA's data sheet of December 2025 is quoted with 1,597 GB/s of memory bandwidth; memory is the driver's total, of which a program may see up to 2 % less",
    source: 'figures: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/rtx_pro_6000_server.yaml; '
      + 'power, label: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'GKE label: GKE documentation text and Google xpk system_characteristics'
      + '; host link: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/rtx_pro_6000_server.yaml',
    asOf: '2026-08-31',
  },
  {
    id: 'rtx-pro-4500-server',
    title: 'RTX PRO 4500 Blackwell Server Edition 32GB',
    vendor: 'nvidia',
    aliases: ['rtx-pro-4500-32gb', 'rtx-pro-4500-blackwell-server-edition'],
    memoryBytes: mib(32768),
    memoryBytesPerSecond: 896e9,
    rates: {},
    linkDomain: 1,
    maxPowerWatts: 165,
    computeCapability: 12,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-RTX-PRO-4500-Blackwell-Server-Edition'],
      'karpenter.k8s.aws/instance-gpu-name': ['rtx-pro-4500'],
    },
    caution: "memory bandwidth is the vendor's data sheet figure, not opened: check it before relying on it, a dealer states 800 GB/s; memory is the driver's total, of which a program may see up to 2 % less",
    source: 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'marketed memory: github.com/aws/karpenter-provider-aws@1d92708:website/content/en/docs/reference/instance-types.md; '
      + "bandwidth: vendor's data sheet figure, not opened here: check before relying on it",
    asOf: '2026-08-31',
  },
  {
    id: 'h100-sxm',
    title: 'H100 SXM5 80GB',
    vendor: 'nvidia',
    aliases: ['h100', 'h100-80gb', 'h100-sxm5', 'h100-sxm-80gb', 'h100-80gb-sxm', 'h100-80gb-mega', 'hgx-h100'],
    memoryBytes: gib(79.1),
    memoryBytesPerSecond: 3350e9,
    rates: { bf16: 989e12, fp8: 1979e12, int8: 1979e12 },
    linkTechnology: 'NVLink 4',
    linkBytesPerSecond: 450e9,
    hostLinkBytesPerSecond: 64e9,
    linkDomain: 8,
    maxPowerWatts: 700,
    computeCapability: 9,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-H100-80GB-HBM3'],
      'cloud.google.com/gke-accelerator': ['nvidia-h100-80gb', 'nvidia-h100-mega-80gb'],
      'karpenter.k8s.aws/instance-gpu-name': ['h100'],
    },
    source: 'figures: github.com/SemiAnalysisAI/InferenceX-app@77ca49a:packages/app/src/lib/gpu-specs.ts and github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/h100_sxm.yaml; '
      + 'driver total: nvidia-smi output in dstackai/benchmarks nvidia/8xh100; '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'memory: totals printed in vLLM start-up logs; '
      + 'GKE label: GKE documentation text and Google xpk system_characteristics'
      + '; host link: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/h100_sxm.yaml',
    asOf: '2026-08-31',
  },
  {
    id: 'h100-pcie',
    title: 'H100 PCIe 80GB',
    vendor: 'nvidia',
    aliases: ['h100', 'h100-80gb', 'h100-80gb-pcie'],
    memoryBytes: gib(79.19),
    memoryBytesPerSecond: 2000e9,
    rates: { bf16: 756e12, fp8: 1513e12, int8: 1513e12 },
    linkTechnology: 'PCIe 5 (NVLink bridge pairs)',
    linkBytesPerSecond: 64e9,
    hostLinkBytesPerSecond: 64e9,
    linkDomain: 2,
    maxPowerWatts: 350,
    computeCapability: 9,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-H100-PCIe'],
    },
    source: 'figures: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/h100_pcie.yaml; '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'memory: PyTorch total of 79.19 GiB in a public model card (read 2026-11-21)'
      + '; host link: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/h100_pcie.yaml',
    asOf: '2026-08-31',
  },
  {
    id: 'h100-nvl',
    title: 'H100 NVL 94GB',
    vendor: 'nvidia',
    aliases: ['h100', 'h100-94gb'],
    memoryBytes: mib(95830),
    memoryBytesPerSecond: 3930e9,
    rates: { bf16: 835.5e12, fp8: 1670.5e12, int8: 1670.5e12 },
    linkTechnology: 'NVLink bridge',
    linkBytesPerSecond: 300e9,
    linkDomain: 2,
    maxPowerWatts: 400,
    computeCapability: 9,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-H100-NVL'],
    },
    caution: "dense rates are half of those stated with sparsity; the product page rounds the bandwidth to 3.9 TB/s; memory is the driver's total, of which a program may see up to 2 % less",
    source: 'marketed memory: KAITO azure_sku_handler (Standard_NC40ads_H100_v5 94Gi); '
      + 'bandwidth: third-party page grokipedia.com/page/210100120 (3.93 TB/s): weak; '
      + 'link (600 GB/s both ways), rates (1,671 and 3,341 with sparsity): https://www.nvidia.com/en-us/data-center/h100/ as quoted in public files (read 2026-11-22); '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'memory: nvidia-smi prints 95830 MiB in public logs (read 2026-11-21)',
    asOf: '2026-08-31',
  },
  {
    id: 'h20',
    title: 'H20 96GB',
    vendor: 'nvidia',
    aliases: [],
    memoryBytes: mib(97871),
    memoryBytesPerSecond: 4000e9,
    rates: { bf16: 148e12, fp8: 296e12, int8: 296e12 },
    linkTechnology: 'NVLink 4',
    linkBytesPerSecond: 450e9,
    linkDomain: 8,
    maxPowerWatts: 400,
    computeCapability: 9,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-H20', 'NVIDIA-H20-3e'],
    },
    caution: "board power is stated as 400 W and 500 W; FP8 is assumed equal to the INT8 figure by the source; memory is the driver's total, of which a program may see up to 2 % less",
    source: 'figures: third-party page willitrunai.com/es/gpus/h20-96gb (INT8 296; FP8 assumed equal to INT8); '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'memory: nvidia-smi prints 97871 MiB in public logs (read 2026-11-21)',
    asOf: '2026-08-31',
  },
  {
    id: 'h200-sxm',
    title: 'H200 SXM5 141GB',
    vendor: 'nvidia',
    aliases: ['h200', 'h200-sxm5', 'h200-141gb', 'h200-sxm-141gb', 'hgx-h200'],
    memoryBytes: gib(139.8),
    memoryBytesPerSecond: 4800e9,
    rates: { bf16: 989e12, fp8: 1979e12, int8: 1979e12 },
    linkTechnology: 'NVLink 4',
    linkBytesPerSecond: 450e9,
    hostLinkBytesPerSecond: 64e9,
    linkDomain: 8,
    maxPowerWatts: 700,
    computeCapability: 9,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-H200'],
      'cloud.google.com/gke-accelerator': ['nvidia-h200-141gb'],
      'karpenter.k8s.aws/instance-gpu-name': ['h200'],
    },
    caution: 'AIConfigurator uses 141 GiB (151.4e9 bytes) for this card, more than the driver reports (143771 MiB)',
    source: 'figures: github.com/SemiAnalysisAI/InferenceX-app@77ca49a:packages/app/src/lib/gpu-specs.ts and github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/h200_sxm.yaml; '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'memory: totals printed in vLLM start-up logs; '
      + 'GKE label: GKE documentation text and Google xpk system_characteristics'
      + '; host link: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/h200_sxm.yaml',
    asOf: '2026-08-31',
  },
  {
    id: 'h200-nvl',
    title: 'H200 NVL 141GB',
    vendor: 'nvidia',
    aliases: ['h200', 'h200-141gb'],
    memoryBytes: mib(143771),
    memoryBytesPerSecond: 4800e9,
    rates: { bf16: 835.5e12, fp8: 1670.5e12, int8: 1670.5e12 },
    linkDomain: 1,
    maxPowerWatts: 600,
    computeCapability: 9,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-H200-NVL'],
    },
    caution: "dense rates are half of those stated with sparsity; memory is the driver's total, of which a program may see up to 2 % less",
    source: 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'marketed memory: https://docs.nvidia.com/datacenter/tesla/mig-user-guide/supported-gpus.html; '
      + 'bandwidth, rates (1,671 and 3,341 with sparsity): https://www.nvidia.com/en-us/data-center/h200/ as quoted in public files (read 2026-11-22); '
      + 'memory: nvidia-smi prints 143771 MiB in public logs (read 2026-11-21)',
    asOf: '2026-08-31',
  },
  {
    id: 'gh200',
    title: 'GH200 Grace Hopper (96GB HBM3 / 144GB HBM3e)',
    vendor: 'nvidia',
    aliases: ['gh200-96gb', 'gh200-144gb'],
    memoryBytes: mib(97871),
    memoryBytesPerSecond: 4000e9,
    rates: { bf16: 989e12, fp8: 1979e12 },
    hostLinkBytesPerSecond: 450e9,
    linkDomain: 1,
    maxPowerWatts: 900,
    computeCapability: 9,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-GH200-120GB', 'NVIDIA-GH200-480GB'],
    },
    caution: "memory and bandwidth are those of the 96 GB form (4.9 TB/s for that with 144 GB); memory is the driver's total, of which a program may see up to 2 % less",
    source: 'bandwidth: apps.fz-juelich.de/jsc/hps/jupiter/configuration.html (96 GB HBM3 at 4 TB/s, read 2026-11-21); '
      + 'bf16: half of the 1,979 TFLOPS in 16 bits, which is with sparsity, of cvw.cac.cornell.edu/vista/intro/system-components (read 2026-11-21); '
      + 'fp8: github.com/abhibambhaniya/GenZ-LLM-Analyzer@091bdd0:Systems/system_configs.py (1,979 TFLOPS, dense, as other GH100 dies); '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'memory: nvidia-smi prints 97871 MiB in public logs (read 2026-11-21) for the form with 96 GB'
      + '; host link: NVLink-C2C, 450 GB/s in each direction, arXiv 2408.11556 as emergentmind.com/topics/gh200-technology has it (read 2026-11-22)',
    asOf: '2026-08-31',
  },
  {
    id: 'b200-sxm',
    title: 'B200 SXM 180GB',
    vendor: 'nvidia',
    aliases: ['b200', 'b200-180gb', 'hgx-b200'],
    memoryBytes: mib(183359),
    memoryBytesPerSecond: 8000e9,
    rates: { bf16: 2250e12, fp8: 4500e12, fp4: 9000e12, int8: 4500e12 },
    linkTechnology: 'NVLink 5',
    linkBytesPerSecond: 900e9,
    hostLinkBytesPerSecond: 128e9,
    linkDomain: 8,
    maxPowerWatts: 1000,
    computeCapability: 10,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-B200'],
      'cloud.google.com/gke-accelerator': ['nvidia-b200'],
      'karpenter.k8s.aws/instance-gpu-name': ['b200'],
    },
    caution: "memory bandwidth is stated as 8 TB/s and 7.7 TB/s; memory is the driver's total, of which a program may see up to 2 % less",
    source: 'figures: github.com/SemiAnalysisAI/InferenceX-app@77ca49a:packages/app/src/lib/gpu-specs.ts (8 TB/s); github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/b200_sxm.yaml (7.7 TB/s); '
      + 'driver total: github.com/aws/karpenter-provider-aws@1d92708:website/content/en/docs/reference/instance-types.md; '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + 'GKE label: GKE documentation text and Google xpk system_characteristics; '
      + 'label: several public manifests ("nvidia.com/gpu.product: NVIDIA-B200")'
      + '; host link: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/b200_sxm.yaml',
    asOf: '2026-08-31',
  },
  {
    id: 'b300-sxm',
    title: 'B300 SXM (270-288GB)',
    vendor: 'nvidia',
    aliases: ['b300', 'b300-270gb', 'b300-288gb', 'hgx-b300'],
    memoryBytes: mib(275040),
    memoryBytesPerSecond: 8000e9,
    rates: { bf16: 2250e12, fp8: 4500e12, fp4: 13500e12, int8: 153.5e12 },
    linkTechnology: 'NVLink 5',
    linkBytesPerSecond: 900e9,
    hostLinkBytesPerSecond: 128e9,
    linkDomain: 8,
    maxPowerWatts: 1100,
    computeCapability: 10.3,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'karpenter.k8s.aws/instance-gpu-name': ['b300'],
    },
    caution: "memory is the driver's 275040 MiB; 268 GB, 270 GB and 288 GB are also stated, and one vLLM log printed 276.62 GiB; dense FP4 is stated as 13.5 and 14 PFLOPS; memory is the driver's total, of which a program may see up to 2 % less",
    source: 'figures: github.com/SemiAnalysisAI/InferenceX-app@77ca49a:packages/app/src/lib/gpu-specs.ts; github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/b300_sxm.yaml; '
      + 'driver total: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/b300_sxm.yaml and github.com/aws/karpenter-provider-aws@1d92708:website/content/en/docs/reference/instance-types.md'
      + '; host link: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/b300_sxm.yaml',
    asOf: '2026-08-31',
  },
  {
    id: 'gb200',
    title: 'GB200 NVL72 (per GPU)',
    vendor: 'nvidia',
    aliases: ['gb200-nvl72'],
    memoryBytes: mib(189471),
    memoryBytesPerSecond: 8000e9,
    rates: { bf16: 2500e12, fp8: 5000e12, fp4: 10000e12, int8: 5000e12 },
    linkTechnology: 'NVLink 5',
    linkBytesPerSecond: 900e9,
    linkDomain: 72,
    maxPowerWatts: 1200,
    computeCapability: 10,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'cloud.google.com/gke-accelerator': ['nvidia-gb200'],
    },
    caution: "memory is the driver's total, of which a program may see up to 2 % less",
    source: 'figures: github.com/SemiAnalysisAI/InferenceX-app@77ca49a:packages/app/src/lib/gpu-specs.ts; github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/gb200.yaml; '
      + 'GKE label: GKE documentation text and Google xpk system_characteristics',
    asOf: '2026-08-31',
  },
  {
    id: 'gb300',
    title: 'GB300 NVL72 (per GPU)',
    vendor: 'nvidia',
    aliases: ['gb300-nvl72'],
    memoryBytes: mib(284208),
    memoryBytesPerSecond: 8000e9,
    rates: { bf16: 2500e12, fp8: 5000e12, fp4: 15000e12 },
    linkTechnology: 'NVLink 5',
    linkBytesPerSecond: 900e9,
    linkDomain: 72,
    maxPowerWatts: 1400,
    computeCapability: 10.3,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {},
    caution: "memory is the driver's total, of which a program may see up to 2 % less",
    source: 'figures: github.com/SemiAnalysisAI/InferenceX-app@77ca49a:packages/app/src/lib/gpu-specs.ts; github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/gb300.yaml',
    asOf: '2026-08-31',
  },
  {
    id: 'rtx-4090',
    title: 'GeForce RTX 4090 24GB',
    vendor: 'nvidia',
    aliases: ['4090', 'rtx-4090-24gb'],
    memoryBytes: gib(23.52),
    memoryBytesPerSecond: 1008e9,
    rates: { bf16: 165.2e12, fp8: 330.3e12, int8: 660.6e12 },
    linkDomain: 1,
    maxPowerWatts: 450,
    computeCapability: 8.9,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-GeForce-RTX-4090'],
    },
    caution: "memory bandwidth is the vendor's data sheet figure, not opened: check it before relying on it; editions of NVIDIA's white paper before 2.02 state 660.6 for FP8, which is the rate with FP16 accumulation",
    source: 'memory: 25,250,627,584 bytes in LLMServingSim meta.json; '
      + 'power: LLMServingSim PR 59 (450 W stock); '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + "bandwidth: vendor's data sheet figure, not opened here: check before relying on it"
      + '; rates (dense, FP32 accumulation): NVIDIA Ada GPU architecture white paper 2.02, appendix A, table 2, as quoted in public files (read 2026-11-22)',
    asOf: '2026-08-31',
  },
  {
    id: 'rtx-3090',
    title: 'GeForce RTX 3090 24GB',
    vendor: 'nvidia',
    aliases: ['3090', 'rtx-3090-24gb'],
    memoryBytes: gib(23.58),
    memoryBytesPerSecond: 936.2e9,
    rates: { bf16: 71e12, int8: 284e12 },
    linkDomain: 1,
    maxPowerWatts: 400,
    computeCapability: 8.6,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-GeForce-RTX-3090'],
    },
    caution: "memory bandwidth is the vendor's data sheet figure, not opened: check it before relying on it",
    source: 'memory: totals printed in vLLM start-up logs; '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + "bandwidth: vendor's data sheet figure, not opened here: check before relying on it"
      + '; rates (dense, FP32 accumulation): NVIDIA Ampere GA102 GPU architecture white paper 2.1, appendix A, table 9, as quoted in public files (read 2026-11-22)',
    asOf: '2026-08-31',
  },
  {
    id: 'rtx-5090',
    title: 'GeForce RTX 5090 32GB',
    vendor: 'nvidia',
    aliases: ['5090', 'rtx-5090-32gb'],
    memoryBytes: gib(31.37),
    memoryBytesPerSecond: 1792e9,
    rates: { bf16: 209.5e12, fp8: 419e12, int8: 838e12, fp4: 1676e12 },
    linkDomain: 1,
    maxPowerWatts: 600,
    computeCapability: 12,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {
      'nvidia.com/gpu.product': ['NVIDIA-GeForce-RTX-5090'],
    },
    caution: "memory bandwidth is the vendor's data sheet figure, not opened: check it before relying on it; FP4 is not halved by FP32 accumulation, FP8 and FP16 are (838 and 419 with FP16 accumulation)",
    source: 'memory: totals printed in vLLM start-up logs; '
      + 'power: github.com/ai-dynamo/dynamo operator admission catalogue (powerRanges); '
      + "bandwidth: vendor's data sheet figure, not opened here: check before relying on it"
      + '; rates (dense, FP32 accumulation): NVIDIA RTX Blackwell GPU architecture white paper 1.1, appendix A, table 3, as quoted in public files (read 2026-11-22)',
    asOf: '2026-08-31',
  },
  {
    id: 'gb10',
    title: 'DGX Spark (GB10) 128GB unified',
    vendor: 'nvidia',
    aliases: ['dgx-spark'],
    memoryBytes: gib(121.7),
    memoryBytesPerSecond: 273e9,
    rates: {},
    linkDomain: 1,
    resourceName: 'nvidia.com/gpu',
    nodeLabels: {},
    caution: "memory bandwidth is the vendor's data sheet figure, not opened: check it before relying on it",
    source: 'memory: totals printed in vLLM start-up logs; '
      + "bandwidth: vendor's data sheet figure, not opened here: check before relying on it",
    asOf: '2026-08-31',
  },
  {
    id: 'mi300x',
    title: 'MI300X 192GB',
    vendor: 'amd',
    aliases: [],
    memoryBytes: 206_141_652_992,
    memoryBytesPerSecond: 5300e9,
    rates: { bf16: 1307e12, fp8: 2615e12 },
    linkTechnology: 'Infinity Fabric full mesh',
    linkBytesPerSecond: 448e9,
    linkDomain: 8,
    maxPowerWatts: 750,
    resourceName: 'amd.com/gpu',
    nodeLabels: {},
    source: 'figures: github.com/SemiAnalysisAI/InferenceX-app@77ca49a:packages/app/src/lib/gpu-specs.ts; '
      + 'power: ROCm/vllm dev-docker README (750W); '
      + 'memory: 201310208 KB by rocminfo in github.com/ROCm/legacy-rocm-build/issues/4414',
    asOf: '2026-08-31',
  },
  {
    id: 'mi325x',
    title: 'MI325X 256GB',
    vendor: 'amd',
    aliases: [],
    memoryBytes: gib(255.9),
    memoryBytesPerSecond: 6000e9,
    rates: { bf16: 1307e12, fp8: 2615e12 },
    linkTechnology: 'Infinity Fabric full mesh',
    linkBytesPerSecond: 448e9,
    linkDomain: 8,
    resourceName: 'amd.com/gpu',
    nodeLabels: {},
    caution: 'memory comes from one weak source; the board power was not found',
    source: 'figures: github.com/SemiAnalysisAI/InferenceX-app@77ca49a:packages/app/src/lib/gpu-specs.ts; '
      + 'memory: a public capacity script states 255.9 GiB usable (read 2026-11-21): weak',
    asOf: '2026-08-31',
  },
  {
    id: 'mi355x',
    title: 'MI355X 288GB',
    vendor: 'amd',
    aliases: [],
    memoryBytes: gib(288),
    memoryBytesPerSecond: 8000e9,
    rates: { bf16: 2516e12, fp8: 5033e12, fp4: 10066e12 },
    linkTechnology: 'Infinity Fabric full mesh',
    linkBytesPerSecond: 576e9,
    linkDomain: 8,
    maxPowerWatts: 1400,
    resourceName: 'amd.com/gpu',
    nodeLabels: {},
    source: 'figures: github.com/SemiAnalysisAI/InferenceX-app@77ca49a:packages/app/src/lib/gpu-specs.ts; '
      + 'power: wccftech/Hot Chips 2025 coverage; '
      + 'memory: driver totals printed in vLLM logs',
    asOf: '2026-08-31',
  },
  {
    id: 'mi350x',
    title: 'MI350X 288GB',
    vendor: 'amd',
    aliases: [],
    memoryBytesPerSecond: 8000e9,
    rates: { bf16: 2309.6e12, fp8: 4614e12, int8: 4614e12, fp4: 9230e12 },
    linkTechnology: 'Infinity Fabric full mesh',
    linkBytesPerSecond: 537.6e9,
    linkDomain: 8,
    maxPowerWatts: 1000,
    resourceName: 'amd.com/gpu',
    nodeLabels: {},
    caution: "AMD's brochure states 2309.6 TFLOPS in 16 bits, its white paper's clock and units give 2306.9, its product page 2.3 PFLOPS; the link is 7 x 153.6 GB/s both ways, mi355x has 576 GB/s by another source",
    source: 'marketed memory: https://rocm.docs.amd.com/en/7.13.0-preview/reference/gpu-specs.html (288 GiB); '
      + 'rates (dense), link: AMD Instinct MI350X GPU brochure (LE-92701-00) and CDNA 4 white paper as quoted in public files, FP4 rounded to 9.23 PFLOPS there (read 2026-11-22); '
      + 'power: wccftech Hot Chips 2025',
    asOf: '2026-08-31',
  },
  {
    id: 'mi250x',
    title: 'MI250X 128GB (two dies)',
    vendor: 'amd',
    aliases: ['mi250x-128gb'],
    memoryBytesPerSecond: 3200e9,
    rates: { bf16: 383e12, int8: 766e12 },
    linkTechnology: 'Infinity Fabric',
    linkBytesPerSecond: 400e9,
    linkDomain: 8,
    resourceName: 'amd.com/gpu',
    nodeLabels: {},
    caution: 'presents as two devices of 64 GB; the INT8 rate is doubtful (the vendor gives the FP16 rate)',
    source: 'figures: github.com/cli99/llm-analysis@d841e40:llm_analysis/gpu_configs/mi250x-128gb.json',
    asOf: '2026-08-31',
  },
  {
    id: 'mi210',
    title: 'MI210 64GB',
    vendor: 'amd',
    aliases: [],
    memoryBytesPerSecond: 1638e9,
    rates: { bf16: 181e12 },
    linkTechnology: 'Infinity Fabric',
    linkBytesPerSecond: 150e9,
    linkDomain: 4,
    resourceName: 'amd.com/gpu',
    nodeLabels: {},
    source: 'figures: github.com/cli99/llm-analysis@d841e40:llm_analysis/gpu_configs/mi210-64gb.json',
    asOf: '2026-08-31',
  },
  {
    id: 'gaudi3',
    title: 'Intel Gaudi 3 128GB',
    vendor: 'intel',
    aliases: ['gaudi-3-128gb'],
    memoryBytesPerSecond: 3675e9,
    rates: { bf16: 1835e12, fp8: 1835e12 },
    linkTechnology: 'RoCE v2 on chip',
    linkBytesPerSecond: 300e9,
    linkDomain: 8,
    resourceName: 'habana.ai/gaudi',
    nodeLabels: {},
    source: 'figures: github.com/abhibambhaniya/GenZ-LLM-Analyzer@091bdd0:Systems/system_configs.py (Intel white paper link there); '
      + 'marketed memory: https://huggingface.co/docs/accelerate/usage_guides/gaudi'
      + '; FP8: Intel Gaudi 3 at Hot Chips 2024, slide 4, as quoted at sgpjbg.com/baogao/465025.html (read 2026-11-22)',
    asOf: '2026-08-31',
  },
  {
    id: 'gaudi2',
    title: 'Intel Gaudi 2 96GB',
    vendor: 'intel',
    aliases: ['gaudi-2-96gb'],
    memoryBytesPerSecond: 2450e9,
    rates: { bf16: 432e12 },
    linkDomain: 1,
    resourceName: 'habana.ai/gaudi',
    nodeLabels: {},
    caution: 'an Intel slide states 2.46 TB/s of memory bandwidth',
    source: 'marketed memory: https://huggingface.co/docs/accelerate/usage_guides/gaudi; '
      + "bandwidth: vendor's data sheet figure, not opened here: check before relying on it"
      + '; 16-bit rate: Intel Gaudi 3 at Hot Chips 2024, slide 2, as quoted at sgpjbg.com/baogao/465025.html (read 2026-11-22)',
    asOf: '2026-08-31',
  },
  {
    id: 'tpu-v5e',
    title: 'TPU v5e 16GB',
    vendor: 'google',
    aliases: ['v5e', 'tpu-v5-lite'],
    memoryBytesPerSecond: 820e9,
    rates: { bf16: 197e12 },
    linkTechnology: 'ICI',
    linkBytesPerSecond: 50e9,
    linkDomain: 256,
    resourceName: 'google.com/tpu',
    nodeLabels: {
      'cloud.google.com/gke-tpu-accelerator': ['tpu-v5-lite-podslice'],
    },
    source: 'figures: github.com/abhibambhaniya/GenZ-LLM-Analyzer@091bdd0:Systems/system_configs.py; '
      + 'GKE label: GKE documentation text and Google xpk system_characteristics',
    asOf: '2026-08-31',
  },
  {
    id: 'tpu-v5p',
    title: 'TPU v5p 95GB',
    vendor: 'google',
    aliases: ['v5p'],
    memoryBytesPerSecond: 2765e9,
    rates: { bf16: 459e12 },
    linkTechnology: 'ICI',
    linkBytesPerSecond: 450e9,
    linkDomain: 8960,
    resourceName: 'google.com/tpu',
    nodeLabels: {
      'cloud.google.com/gke-tpu-accelerator': ['tpu-v5p-slice'],
    },
    source: 'figures: github.com/abhibambhaniya/GenZ-LLM-Analyzer@091bdd0:Systems/system_configs.py; https://docs.cloud.google.com/tpu/docs/tpu7x; '
      + 'GKE label: GKE documentation text and Google xpk system_characteristics',
    asOf: '2026-08-31',
  },
  {
    id: 'tpu-v6e',
    title: 'TPU v6e (Trillium) 32GB',
    vendor: 'google',
    aliases: ['v6e', 'trillium'],
    memoryBytesPerSecond: 1638e9,
    rates: { bf16: 918e12, fp8: 918e12, int8: 1836e12 },
    linkTechnology: 'ICI',
    linkBytesPerSecond: 400e9,
    linkDomain: 256,
    resourceName: 'google.com/tpu',
    nodeLabels: {
      'cloud.google.com/gke-tpu-accelerator': ['tpu-v6e-slice'],
    },
    caution: 'link is half of the 800 GB/s stated for both directions',
    source: 'figures: https://docs.cloud.google.com/tpu/docs/v6e.md.txt and https://docs.cloud.google.com/tpu/docs/tpu7x; '
      + 'GKE label: GKE documentation text and Google xpk system_characteristics',
    asOf: '2026-08-31',
  },
  {
    id: 'tpu-7x',
    title: 'TPU7x (Ironwood) 192GiB',
    vendor: 'google',
    aliases: ['ironwood', 'tpu-v7x'],
    memoryBytesPerSecond: 7370e9,
    rates: { bf16: 2307e12, fp8: 4614e12 },
    linkTechnology: 'ICI',
    linkDomain: 9216,
    resourceName: 'google.com/tpu',
    nodeLabels: {
      'cloud.google.com/gke-tpu-accelerator': ['tpu7x'],
    },
    caution: "memory bandwidth is the vendor's data sheet figure, not opened: check it before relying on it",
    source: 'figures: https://docs.cloud.google.com/tpu/docs/tpu7x (bandwidth row cut off in the stored copy); '
      + 'GKE label: GKE documentation text and Google xpk system_characteristics; '
      + "bandwidth: vendor's data sheet figure, not opened here: check before relying on it",
    asOf: '2026-08-31',
  },
  {
    id: 'trainium2',
    title: 'AWS Trainium2 96GiB',
    vendor: 'aws',
    aliases: ['trn2'],
    memoryBytesPerSecond: 2900e9,
    rates: { bf16: 667e12, fp8: 1299e12 },
    linkDomain: 1,
    resourceName: 'aws.amazon.com/neuron',
    nodeLabels: {
      'karpenter.k8s.aws/instance-accelerator-name': ['trainium2'],
    },
    caution: 'memory bandwidth is stated as 2.9 TB/s (newer page) and 3 TB/s (older page)',
    source: 'figures: https://awsdocs-neuron.readthedocs-hosted.com/en/v2.29.0/_sources/about-neuron/arch/neuron-hardware/trainium2.rst; bandwidth 2.9 TB/s (newer page) or 3 TB/s (older page); '
      + 'resource: github.com/aws/karpenter-provider-aws@1d92708:website/content/en/docs/reference/instance-types.md',
    asOf: '2026-08-31',
  },
  {
    id: 'trainium3',
    title: 'AWS Trainium3 144GiB',
    vendor: 'aws',
    aliases: ['trn3'],
    memoryBytesPerSecond: 4900e9,
    rates: { bf16: 671e12, fp8: 2517e12 },
    linkDomain: 1,
    resourceName: 'aws.amazon.com/neuron',
    nodeLabels: {},
    source: 'figures: https://awsdocs-neuron.readthedocs-hosted.com/en/v2.29.1/_sources/about-neuron/arch/neuron-hardware/trainium3.rst',
    asOf: '2026-08-31',
  },
  {
    id: 'inferentia2',
    title: 'AWS Inferentia2 32GiB',
    vendor: 'aws',
    aliases: ['inf2'],
    memoryBytesPerSecond: 820e9,
    rates: { bf16: 190e12, fp8: 190e12, int8: 380e12 },
    linkDomain: 1,
    resourceName: 'aws.amazon.com/neuron',
    nodeLabels: {
      'karpenter.k8s.aws/instance-accelerator-name': ['inferentia2'],
    },
    source: 'figures: https://awsdocs-neuron.readthedocs-hosted.com/en/latest/general/arch/neuron-hardware/inferentia2.html; '
      + 'resource: github.com/aws/karpenter-provider-aws@1d92708:website/content/en/docs/reference/instance-types.md',
    asOf: '2026-08-31',
  },
  {
    id: 'arc-pro-b60',
    title: 'Intel Arc Pro B60 24GB',
    vendor: 'intel',
    aliases: ['b60'],
    memoryBytesPerSecond: 456e9,
    rates: { bf16: 98.3e12 },
    linkDomain: 1,
    maxPowerWatts: 200,
    resourceName: 'gpu.intel.com/xe',
    nodeLabels: {},
    caution: 'the resource name is recalled, not traced (older drivers publish gpu.intel.com/i915)',
    source: 'figures: github.com/ai-dynamo/aiconfigurator@095f58a:aic-core/src/aiconfigurator_core/systems/b60.yaml; '
      + 'resource: recalled, not traced',
    asOf: '2026-08-31',
  },
];
