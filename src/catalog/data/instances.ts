/**
 * Machine types with accelerators, in the units of their sources; `null` stands for what the source does not state.
 * Internal: `InstanceType` reads them.
 */

/** One machine type, in the units of the public class. */
export interface InstanceRow {
  readonly name: string;
  readonly cloud: string;
  readonly acceleratorName?: string;
  readonly gpusPerNode?: number;
  readonly gpuMemoryBytes?: number;
  readonly vcpus?: number;
  readonly memoryBytes?: number;
  readonly allocatableCpuMillis?: number;
  readonly allocatableMemoryBytes?: number;
  readonly networkBytesPerSecond?: number;
  readonly efaInterfaces: number;
  readonly rdma?: boolean;
  readonly localStorageBytes?: number;
  readonly architecture?: string;
  readonly nodeLabels: { readonly [key: string]: string };
  readonly extendedResources: { readonly [name: string]: number };
  readonly dollarsPerHour: { readonly [region: string]: number };
  readonly source: string;
  readonly asOf: string;
}

const MIB = 2 ** 20;

const AWS_SOURCE = 'github.com/aws/karpenter-provider-aws@1d92708: website/content/en/docs/reference/instance-types.md; '
  + 'price: pkg/providers/pricing/zz_generated.pricing_aws.go (generated 2026-07-20)';
const AWS_AS_OF = '2026-07-20';

type AwsRow = readonly [
  name: string, gpu: string, accelerator: string | null, gpus: number, gpuMemoryMib: number | null, neuronCores: number | null,
  vcpus: number, memoryMib: number, networkMbps: number, nvmeGb: number | null, efa: number,
  allocatableCpuMillis: number, allocatableMemoryMib: number, architecture: string, dollarsPerHourInUsEast1: number | null,
];

/** `gpus` is 0 where a machine has a share of one card; `gpuMemoryMib` is that share then. */
const AWS: readonly AwsRow[] = [
  ['dl2q.24xlarge', 'qualcomm-ai100', null, 8, null, null, 96, 786432, 100000, null, 1, 95690, 718987, 'amd64', null],
  ['g4ad.xlarge', 'radeon-pro-v520', null, 1, 8192, null, 4, 16384, 2000, 150, 0, 3920, 14712, 'amd64', 0.37853],
  ['g4ad.2xlarge', 'radeon-pro-v520', null, 1, 8192, null, 8, 32768, 4167, 300, 0, 7910, 29867, 'amd64', 0.54117],
  ['g4ad.4xlarge', 'radeon-pro-v520', null, 1, 8192, null, 16, 65536, 8333, 600, 0, 15890, 59946, 'amd64', 0.867],
  ['g4ad.8xlarge', 'radeon-pro-v520', null, 2, 8192, null, 32, 131072, 15000, 1200, 0, 31850, 120248, 'amd64', 1.734],
  ['g4ad.16xlarge', 'radeon-pro-v520', null, 4, 8192, null, 64, 262144, 25000, 2400, 0, 63770, 239554, 'amd64', 3.468],
  ['g4dn.xlarge', 't4', 't4', 1, 16384, null, 4, 16384, 5000, 125, 0, 3920, 14481, 'amd64', 0.526],
  ['g4dn.2xlarge', 't4', 't4', 1, 16384, null, 8, 32768, 10000, 225, 0, 7910, 29636, 'amd64', 0.752],
  ['g4dn.4xlarge', 't4', 't4', 1, 16384, null, 16, 65536, 20000, 225, 0, 15890, 59946, 'amd64', 1.204],
  ['g4dn.8xlarge', 't4', 't4', 1, 16384, null, 32, 131072, 50000, 900, 1, 31850, 120248, 'amd64', 2.176],
  ['g4dn.12xlarge', 't4', 't4', 4, 16384, null, 48, 196608, 50000, 900, 1, 47810, 178933, 'amd64', 3.912],
  ['g4dn.16xlarge', 't4', 't4', 1, 16384, null, 64, 262144, 50000, 900, 1, 63770, 241490, 'amd64', 4.352],
  ['g4dn.metal', 't4', 't4', 8, 16384, null, 96, 393216, 100000, 1800, 1, 95690, 355262, 'amd64', 7.824],
  ['g5.xlarge', 'a10g', 'a10g', 1, 22888, null, 4, 16384, 2500, 250, 0, 3920, 14162, 'amd64', 1.006],
  ['g5.2xlarge', 'a10g', 'a10g', 1, 22888, null, 8, 32768, 5000, 450, 0, 7910, 29317, 'amd64', 1.212],
  ['g5.4xlarge', 'a10g', 'a10g', 1, 22888, null, 16, 65536, 10000, 600, 0, 15890, 57691, 'amd64', 1.624],
  ['g5.8xlarge', 'a10g', 'a10g', 1, 22888, null, 32, 131072, 25000, 900, 1, 31850, 118312, 'amd64', 2.448],
  ['g5.12xlarge', 'a10g', 'a10g', 4, 22888, null, 48, 196608, 40000, 3800, 1, 47810, 173400, 'amd64', 5.672],
  ['g5.16xlarge', 'a10g', 'a10g', 1, 22888, null, 64, 262144, 25000, 1900, 1, 63770, 239554, 'amd64', 4.096],
  ['g5.24xlarge', 'a10g', 'a10g', 4, 22888, null, 96, 393216, 50000, 3800, 1, 95690, 355262, 'amd64', 8.144],
  ['g5.48xlarge', 'a10g', 'a10g', 8, 22888, null, 192, 786432, 100000, 7600, 1, 191450, 723299, 'amd64', 16.288],
  ['g5g.xlarge', 't4g', 't4', 1, 16384, null, 4, 8192, 1250, null, 0, 3920, 6525, 'arm64', 0.42],
  ['g5g.2xlarge', 't4g', 't4', 1, 16384, null, 8, 16384, 2500, null, 0, 7910, 14103, 'arm64', 0.556],
  ['g5g.4xlarge', 't4g', 't4', 1, 16384, null, 16, 32768, 5000, null, 0, 15890, 27322, 'arm64', 0.828],
  ['g5g.8xlarge', 't4g', 't4', 1, 16384, null, 32, 65536, 12000, null, 0, 31850, 57632, 'arm64', 1.372],
  ['g5g.16xlarge', 't4g', 't4', 2, 16384, null, 64, 131072, 25000, null, 0, 63770, 112720, 'arm64', 2.744],
  ['g5g.metal', 't4g', 't4', 2, 16384, null, 64, 131072, 25000, null, 0, 63770, 112720, 'arm64', 2.744],
  ['g6.xlarge', 'l4', 'l4', 1, 22888, null, 4, 16384, 2500, 250, 0, 3920, 14162, 'amd64', 0.8048],
  ['g6.2xlarge', 'l4', 'l4', 1, 22888, null, 8, 32768, 5000, 450, 0, 7910, 29317, 'amd64', 0.9776],
  ['g6.4xlarge', 'l4', 'l4', 1, 22888, null, 16, 65536, 10000, 600, 0, 15890, 57691, 'amd64', 1.3232],
  ['g6.8xlarge', 'l4', 'l4', 1, 22888, null, 32, 131072, 25000, 900, 1, 31850, 118312, 'amd64', 2.0144],
  ['g6.12xlarge', 'l4', 'l4', 4, 22888, null, 48, 196608, 40000, 3760, 1, 47810, 178933, 'amd64', 4.6016],
  ['g6.16xlarge', 'l4', 'l4', 1, 22888, null, 64, 262144, 25000, 1880, 1, 63770, 234021, 'amd64', 3.3968],
  ['g6.24xlarge', 'l4', 'l4', 4, 22888, null, 96, 393216, 50000, 3760, 1, 95690, 355262, 'amd64', 6.6752],
  ['g6.48xlarge', 'l4', 'l4', 8, 22888, null, 192, 786432, 100000, 7520, 1, 191450, 718987, 'amd64', 13.3504],
  ['g6e.xlarge', 'l40s', 'l40s', 1, 45776, null, 4, 32768, 2500, 250, 0, 3920, 29317, 'amd64', 1.861],
  ['g6e.2xlarge', 'l40s', 'l40s', 1, 45776, null, 8, 65536, 5000, 450, 0, 7910, 59627, 'amd64', 2.24208],
  ['g6e.4xlarge', 'l40s', 'l40s', 1, 45776, null, 16, 131072, 20000, 600, 0, 15890, 118312, 'amd64', 3.00424],
  ['g6e.8xlarge', 'l40s', 'l40s', 1, 45776, null, 32, 262144, 25000, 900, 1, 31850, 239554, 'amd64', 4.52856],
  ['g6e.12xlarge', 'l40s', 'l40s', 4, 45776, null, 48, 393216, 100000, 3800, 1, 47810, 360157, 'amd64', 10.49264],
  ['g6e.16xlarge', 'l40s', 'l40s', 1, 45776, null, 64, 524288, 35000, 1900, 1, 63770, 476504, 'amd64', 7.57719],
  ['g6e.24xlarge', 'l40s', 'l40s', 4, 45776, null, 96, 786432, 200000, 3800, 2, 95690, 721682, 'amd64', 15.06559],
  ['g6e.48xlarge', 'l40s', 'l40s', 8, 45776, null, 192, 1572864, 400000, 7600, 4, 191450, 1449132, 'amd64', 30.13118],
  ['g6f.large', 'l4', 'l4', 0, 2861, null, 2, 8192, 1500, 100, 0, 1930, 7002, 'amd64', 0.202],
  ['g6f.xlarge', 'l4', 'l4', 0, 2861, null, 4, 16384, 2500, 100, 0, 3920, 14162, 'amd64', 0.2375],
  ['g6f.2xlarge', 'l4', 'l4', 0, 5722, null, 8, 32768, 5000, 200, 0, 7910, 29317, 'amd64', 0.475],
  ['g6f.4xlarge', 'l4', 'l4', 0, 11444, null, 16, 65536, 10000, 450, 0, 15890, 57691, 'amd64', 0.95],
  ['g7.2xlarge', 'rtx-pro-4500', 'rtx-pro-4500-server', 1, 32768, null, 8, 32768, 60000, 440, 0, 7910, 27161, 'amd64', 2.52],
  ['g7.4xlarge', 'rtx-pro-4500', 'rtx-pro-4500-server', 1, 32768, null, 16, 65536, 60000, 875, 0, 15890, 54699, 'amd64', 3.04208],
  ['g7.8xlarge', 'rtx-pro-4500', 'rtx-pro-4500-server', 1, 32768, null, 32, 131072, 80000, 930, 1, 31850, 113934, 'amd64', 4.08624],
  ['g7.12xlarge', 'rtx-pro-4500', 'rtx-pro-4500-server', 2, 32768, null, 48, 196608, 175000, 1900, 1, 47810, 173169, 'amd64', 7.12832],
  ['g7.24xlarge', 'rtx-pro-4500', 'rtx-pro-4500-server', 4, 32768, null, 96, 393216, 350000, 3800, 1, 95690, 346715, 'amd64', 14.25664],
  ['g7.48xlarge', 'rtx-pro-4500', 'rtx-pro-4500-server', 8, 32768, null, 192, 786432, 700000, 7600, 2, 191450, 718756, 'amd64', 28.51328],
  ['g7e.2xlarge', 'rtx-pro-server-6000', 'rtx-pro-6000-server', 1, 98304, null, 8, 65536, 50000, 1900, 0, 7910, 57471, 'amd64', 3.36312],
  ['g7e.4xlarge', 'rtx-pro-server-6000', 'rtx-pro-6000-server', 1, 98304, null, 16, 131072, 50000, 1900, 0, 15890, 115320, 'amd64', 3.99816],
  ['g7e.8xlarge', 'rtx-pro-server-6000', 'rtx-pro-6000-server', 1, 98304, null, 32, 262144, 100000, 1900, 1, 31850, 236562, 'amd64', 5.26824],
  ['g7e.12xlarge', 'rtx-pro-server-6000', 'rtx-pro-6000-server', 2, 98304, null, 48, 524288, 400000, 3800, 1, 47810, 477659, 'amd64', 8.28608],
  ['g7e.24xlarge', 'rtx-pro-server-6000', 'rtx-pro-6000-server', 4, 98304, null, 96, 1048576, 800000, 7600, 2, 95690, 962625, 'amd64', 16.57216],
  ['g7e.48xlarge', 'rtx-pro-server-6000', 'rtx-pro-6000-server', 8, 98304, null, 192, 2097152, 1600000, 15200, 4, 191450, 1932558, 'amd64', 33.14432],
  ['gr6.4xlarge', 'l4', 'l4', 1, 22888, null, 16, 131072, 10000, 600, 0, 15890, 118312, 'amd64', 1.5392],
  ['gr6.8xlarge', 'l4', 'l4', 1, 22888, null, 32, 262144, 25000, 900, 1, 31850, 239554, 'amd64', 2.4464],
  ['gr6f.4xlarge', 'l4', 'l4', 0, 11444, null, 16, 131072, 10000, 450, 0, 15890, 118312, 'amd64', 1.066],
  ['inf1.xlarge', 'inferentia', null, 1, null, 4, 4, 8192, 5000, null, 0, 3920, 6804, 'amd64', 0.228],
  ['inf1.2xlarge', 'inferentia', null, 1, null, 4, 8, 16384, 5000, null, 0, 7910, 14382, 'amd64', 0.362],
  ['inf1.6xlarge', 'inferentia', null, 4, null, 16, 24, 49152, 25000, null, 0, 23870, 42536, 'amd64', 1.18],
  ['inf1.24xlarge', 'inferentia', null, 16, null, 64, 96, 196608, 100000, null, 1, 95690, 177976, 'amd64', 4.721],
  ['inf2.xlarge', 'inferentia2', 'inferentia2', 1, null, 2, 4, 16384, 2083, null, 0, 3920, 14162, 'amd64', 0.7582],
  ['inf2.8xlarge', 'inferentia2', 'inferentia2', 1, null, 2, 32, 131072, 16667, null, 0, 31850, 118312, 'amd64', 1.96786],
  ['inf2.24xlarge', 'inferentia2', 'inferentia2', 6, null, 12, 96, 393216, 50000, null, 0, 95690, 355262, 'amd64', 6.49063],
  ['inf2.48xlarge', 'inferentia2', 'inferentia2', 12, null, 24, 192, 786432, 100000, null, 0, 191450, 718987, 'amd64', 12.98127],
  ['p3dn.24xlarge', 'v100', 'v100-32gb', 8, 32768, null, 96, 786432, 100000, 1800, 1, 95690, 718987, 'amd64', 31.212],
  ['p4d.24xlarge', 'a100', 'a100-sxm-40gb', 8, 40960, null, 96, 1179648, 400000, 8000, 4, 95690, 1082712, 'amd64', 21.957642],
  ['p4de.24xlarge', 'a100', 'a100-sxm-80gb', 8, 81920, null, 96, 1179648, 400000, 8000, 4, 95690, 1082712, 'amd64', 27.44705],
  ['p5.4xlarge', 'h100', 'h100-sxm', 1, 81920, null, 16, 262144, 100000, 3800, 1, 15890, 240830, 'amd64', 6.88],
  ['p5.48xlarge', 'h100', 'h100-sxm', 8, 81920, null, 192, 2097152, 3200000, 30400, 32, 191450, 1938410, 'amd64', 55.04],
  ['p5e.48xlarge', 'h200', 'h200-sxm', 8, 144384, null, 192, 2097152, 3200000, 30400, 32, 191450, 1938410, 'amd64', null],
  ['p5en.48xlarge', 'h200', 'h200-sxm', 8, 144384, null, 192, 2097152, 3200000, 30400, 16, 191450, 1937332, 'amd64', 63.296],
  ['p6-b200.48xlarge', 'b200', 'b200-sxm', 8, 183359, null, 192, 2097152, 3200000, 30400, 8, 191450, 1937332, 'amd64', 113.9328],
  ['p6-b300.48xlarge', 'b300', 'b300-sxm', 8, 275040, null, 192, 4194304, 6400000, 30400, 16, 191450, 3877198, 'amd64', 142.416],
  ['trn1.2xlarge', 'trainium', null, 1, null, 2, 8, 32768, 3125, 474, 0, 7910, 29317, 'amd64', 1.34375],
  ['trn1.32xlarge', 'trainium', null, 16, null, 32, 128, 524288, 800000, 7600, 8, 127610, 481894, 'amd64', 21.5],
  ['trn1n.32xlarge', 'trainium', null, 16, null, 32, 128, 524288, 1600000, 7600, 16, 127610, 481894, 'amd64', 24.78],
  ['trn2.48xlarge', 'trainium2', 'trainium2', 16, null, 128, 192, 2097152, 3200000, 7600, 16, 191450, 1938410, 'amd64', null],
];

function awsRow(row: AwsRow): InstanceRow {
  const [
    name, gpu, accelerator, gpus, gpuMemoryMib, neuronCores, vcpus, memoryMib, networkMbps, nvmeGb, efa, cpuMillis, allocatableMib, architecture, dollars,
  ] = row;
  return {
    name,
    cloud: 'aws',
    acceleratorName: accelerator ?? undefined,
    gpusPerNode: gpus,
    gpuMemoryBytes: gpuMemoryMib === null ? undefined : gpuMemoryMib * MIB,
    vcpus,
    memoryBytes: memoryMib * MIB,
    allocatableCpuMillis: cpuMillis,
    allocatableMemoryBytes: allocatableMib * MIB,
    networkBytesPerSecond: networkMbps * 1e6 / 8,
    efaInterfaces: efa,
    localStorageBytes: nvmeGb === null ? undefined : nvmeGb * 1e9,
    architecture,
    nodeLabels: { [gpuMemoryMib === null ? 'karpenter.k8s.aws/instance-accelerator-name' : 'karpenter.k8s.aws/instance-gpu-name']: gpu },
    extendedResources: awsResources(gpu, gpus, neuronCores),
    dollarsPerHour: dollars === null ? {} : { 'us-east-1': dollars },
    source: AWS_SOURCE,
    asOf: AWS_AS_OF,
  };
}

/** What the device plugins publish by the same page: nothing for a share of a card, nor for Qualcomm's cards. */
function awsResources(gpu: string, gpus: number, neuronCores: number | null): { [name: string]: number } {
  if (neuronCores !== null) { return { 'aws.amazon.com/neuron': gpus, 'aws.amazon.com/neuroncore': neuronCores }; }
  if (gpus === 0 || gpu.startsWith('qualcomm')) { return {}; }
  return { [gpu.startsWith('radeon') ? 'amd.com/gpu' : 'nvidia.com/gpu']: gpus };
}

const AZURE_PRICES = 'price: github.com/Azure/karpenter-provider-azure@352646f5: pkg/providers/pricing/zz_generated.pricing.go (generated 2026-06-18)';
const AZURE_AS_OF = '2026-06-18';
const KAITO = 'github.com/kaito-project/kaito@056b828: pkg/sku/azure_sku_handler.go (accelerators); vCPUs from the size\'s name';
const SIZE_NAME = 'accelerator and vCPUs from the size\'s name';

type AzureRow = readonly [
  name: string, accelerator: string, gpus: number | null, vcpus: number, rdma: boolean, source: string,
  dollarsPerHour: { readonly [region: string]: number },
];

const AZURE: readonly AzureRow[] = [
  ['Standard_NC128ds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 128, false, SIZE_NAME, { eastus: 6.38, eastus2: 6.38, westus2: 6.38 }],
  ['Standard_NC128lds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 128, false, SIZE_NAME, { eastus: 5.5, eastus2: 5.5, westus2: 5.5 }],
  ['Standard_NC132ds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 132, false, SIZE_NAME, {
    eastus: 6.38, eastus2: 6.38, westus2: 6.38, southcentralus: 7.656, westeurope: 9.129,
    swedencentral: 8.294,
  }],
  ['Standard_NC132lds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 132, false, SIZE_NAME, {
    eastus: 5.5, eastus2: 5.5, westus2: 5.5, southcentralus: 6.6, westeurope: 7.87,
    swedencentral: 7.15,
  }],
  ['Standard_NC144ds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 144, false, SIZE_NAME, {
    eastus: 5.5, eastus2: 5.5, westus2: 5.5, southcentralus: 6.6, westeurope: 7.87,
    swedencentral: 7.15,
  }],
  ['Standard_NC144lds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 144, false, SIZE_NAME, {
    eastus: 5.5, eastus2: 5.5, westus2: 5.5, southcentralus: 6.6, westeurope: 7.87,
    swedencentral: 7.15,
  }],
  ['Standard_NC16ads_A10_v4', 'a10', null, 16, false, SIZE_NAME, { westus3: 2.2, southcentralus: 2.64, westeurope: 2.86 }],
  ['Standard_NC16as_T4_v3', 't4', null, 16, false, SIZE_NAME, {
    eastus: 1.204, eastus2: 1.204, westus2: 1.204, westus3: 1.204, southcentralus: 1.445,
    westeurope: 1.505, swedencentral: 1.276, canadacentral: 1.336,
  }],
  ['Standard_NC16lds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 16, false, SIZE_NAME, { eastus: 1.13, eastus2: 1.13, westus2: 1.13 }],
  ['Standard_NC24ads_A100_v4', 'a100-pcie-80gb', 1, 24, false, KAITO, {
    eastus: 3.673, eastus2: 3.673, westus2: 3.673, westus3: 3.673, southcentralus: 4.408,
    westeurope: 4.775, swedencentral: 4.775, canadacentral: 4.408,
  }],
  ['Standard_NC24lds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 24, false, SIZE_NAME, {
    eastus: 1.13, eastus2: 1.13, westus2: 1.13, southcentralus: 1.356, westeurope: 1.617,
    swedencentral: 1.469,
  }],
  ['Standard_NC256ds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 256, false, SIZE_NAME, { eastus: 12.76, eastus2: 12.76, westus2: 12.76 }],
  ['Standard_NC256lds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 256, false, SIZE_NAME, { eastus: 11, eastus2: 11, westus2: 11 }],
  ['Standard_NC264ds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 264, false, SIZE_NAME, {
    eastus: 12.76, eastus2: 12.76, westus2: 12.76, southcentralus: 15.312, westeurope: 18.258,
    swedencentral: 16.588,
  }],
  ['Standard_NC264lds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 264, false, SIZE_NAME, {
    eastus: 11, eastus2: 11, westus2: 11, southcentralus: 13.2, westeurope: 15.74,
    swedencentral: 14.3,
  }],
  ['Standard_NC288ds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 288, false, SIZE_NAME, {
    eastus: 11, eastus2: 11, westus2: 11, southcentralus: 13.2, westeurope: 15.74,
    swedencentral: 14.3,
  }],
  ['Standard_NC288lds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 288, false, SIZE_NAME, {
    eastus: 11, eastus2: 11, westus2: 11, southcentralus: 13.2, westeurope: 15.74,
    swedencentral: 14.3,
  }],
  ['Standard_NC320ds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 320, false, SIZE_NAME, { eastus: 16.588, eastus2: 16.588, westus2: 16.588 }],
  ['Standard_NC320lds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 320, false, SIZE_NAME, { eastus: 14.3, eastus2: 14.3, westus2: 14.3 }],
  ['Standard_NC324ds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 324, false, SIZE_NAME, {
    eastus: 16.588, eastus2: 16.588, westus2: 16.588, southcentralus: 19.906, westeurope: 23.736,
    swedencentral: 21.564,
  }],
  ['Standard_NC324lds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 324, false, SIZE_NAME, {
    eastus: 14.3, eastus2: 14.3, westus2: 14.3, southcentralus: 17.16, westeurope: 20.462,
    swedencentral: 18.59,
  }],
  ['Standard_NC32ads_A10_v4', 'a10', null, 32, false, SIZE_NAME, { westus3: 4.4, southcentralus: 5.28, westeurope: 5.72 }],
  ['Standard_NC32ds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 32, false, SIZE_NAME, { eastus: 1.442, eastus2: 1.442, westus2: 1.442 }],
  ['Standard_NC32lds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 32, false, SIZE_NAME, { eastus: 1.243, eastus2: 1.243, westus2: 1.243 }],
  ['Standard_NC36ds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 36, false, SIZE_NAME, {
    eastus: 1.442, eastus2: 1.442, westus2: 1.442, southcentralus: 1.73, westeurope: 2.063,
    swedencentral: 1.874,
  }],
  ['Standard_NC36lds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 36, false, SIZE_NAME, {
    eastus: 1.243, eastus2: 1.243, westus2: 1.243, southcentralus: 1.492, westeurope: 1.779,
    swedencentral: 1.616,
  }],
  ['Standard_NC40ads_H100_v5', 'h100-nvl', 1, 40, false, KAITO, {
    eastus: 6.98, eastus2: 6.98, westus2: 6.98, westus3: 6.98, southcentralus: 8.38,
    westeurope: 9.08, swedencentral: 9.074, canadacentral: 8.59,
  }],
  ['Standard_NC48ads_A100_v4', 'a100-pcie-80gb', 2, 48, false, KAITO, {
    eastus: 7.346, eastus2: 7.346, westus2: 7.346, westus3: 7.346, southcentralus: 8.815,
    westeurope: 9.55, swedencentral: 9.55, canadacentral: 8.815,
  }],
  ['Standard_NC4as_T4_v3', 't4', null, 4, false, SIZE_NAME, {
    eastus: 0.526, eastus2: 0.526, westus2: 0.526, westus3: 0.526, southcentralus: 0.631,
    westeurope: 0.658, swedencentral: 0.558, canadacentral: 0.584,
  }],
  ['Standard_NC64as_T4_v3', 't4', null, 64, false, SIZE_NAME, {
    eastus: 4.352, eastus2: 4.352, westus2: 4.352, westus3: 4.352, southcentralus: 5.222,
    westeurope: 5.44, swedencentral: 4.603, canadacentral: 4.82,
  }],
  ['Standard_NC64ds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 64, false, SIZE_NAME, { eastus: 2.83, eastus2: 2.83, westus2: 2.83 }],
  ['Standard_NC64lds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 64, false, SIZE_NAME, { eastus: 2.44, eastus2: 2.44, westus2: 2.44 }],
  ['Standard_NC72ds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 72, false, SIZE_NAME, {
    eastus: 2.83, eastus2: 2.83, westus2: 2.83, southcentralus: 3.396, westeurope: 4.05,
    swedencentral: 3.68,
  }],
  ['Standard_NC72lds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 72, false, SIZE_NAME, {
    eastus: 2.44, eastus2: 2.44, westus2: 2.44, southcentralus: 2.928, westeurope: 3.491,
    swedencentral: 3.172,
  }],
  ['Standard_NC80adis_H100_v5', 'h100-nvl', 2, 80, false, KAITO, {
    eastus: 13.96, eastus2: 13.96, westus2: 13.96, westus3: 13.96, southcentralus: 16.76,
    westeurope: 18.16, swedencentral: 18.148, canadacentral: 17.18,
  }],
  ['Standard_NC8ads_A10_v4', 'a10', null, 8, false, SIZE_NAME, { westus3: 1.1, southcentralus: 1.32, westeurope: 1.43 }],
  ['Standard_NC8as_T4_v3', 't4', null, 8, false, SIZE_NAME, {
    eastus: 0.752, eastus2: 0.752, westus2: 0.752, westus3: 0.752, southcentralus: 0.902,
    westeurope: 0.94, swedencentral: 0.796, canadacentral: 0.834,
  }],
  ['Standard_NC8lds_xl_RTXPRO6000BSE_v6', 'rtx-pro-6000-server', null, 8, false, SIZE_NAME, { eastus: 0.55, eastus2: 0.55 }],
  ['Standard_NC96ads_A100_v4', 'a100-pcie-80gb', 4, 96, false, KAITO, {
    eastus: 14.692, eastus2: 14.692, westus2: 14.692, westus3: 14.692, southcentralus: 17.63,
    westeurope: 19.1, swedencentral: 19.1, canadacentral: 17.63,
  }],
  ['Standard_NCC40ads_H100_v5', 'h100-nvl', 1, 40, false, KAITO, { eastus2: 8.82, southcentralus: 9.73, westeurope: 10.74 }],
  ['Standard_ND128isr_NDR_GB200_v6', 'gb200', null, 128, true, SIZE_NAME, { eastus: 108.16, eastus2: 108.16, westus2: 108.16, westus3: 108.16 }],
  ['Standard_ND128isrf_NDR_GB200_v6', 'gb200', null, 128, true, SIZE_NAME, { koreasouth: 124.4 }],
  ['Standard_ND96ams_A100_v4', 'a100-sxm-80gb', null, 96, false, SIZE_NAME, {
    eastus: 32.77, eastus2: 32.77, westus3: 32.77, southcentralus: 39.324, westeurope: 40.962,
    swedencentral: 40.962, canadacentral: 39.324,
  }],
  ['Standard_ND96amsr_A100_v4', 'a100-sxm-80gb', 8, 96, true, KAITO, {
    eastus: 32.77, eastus2: 32.77, westus2: 32.77, westus3: 32.77, southcentralus: 39.324,
    westeurope: 40.962, swedencentral: 40.962, canadacentral: 39.324,
  }],
  ['Standard_ND96asr_A100_v4', 'a100-sxm-40gb', 8, 96, true, KAITO, {
    eastus: 27.197, westus2: 27.197, westus3: 27.197, southcentralus: 32.63, westeurope: 35.357,
  }],
  ['Standard_ND96is_H100_v5', 'h100-sxm', null, 96, false, SIZE_NAME, {
    eastus: 88.488, eastus2: 88.488, westus2: 88.488, westus3: 88.488, southcentralus: 106.171,
    westeurope: 115.034, swedencentral: 115.034,
  }],
  ['Standard_ND96is_MI300X_v5', 'mi300x', 8, 96, false, SIZE_NAME, { eastus2: 48, westus3: 48, swedencentral: 67.2, canadacentral: 57.6 }],
  ['Standard_ND96is_flex_H100_v5', 'h100-sxm', null, 96, false, SIZE_NAME, {
    eastus: 88.488, eastus2: 88.488, westus2: 88.488, westus3: 88.488, southcentralus: 106.186,
    westeurope: 115.034, swedencentral: 115.034,
  }],
  ['Standard_ND96is_noIB_H100_v5', 'h100-sxm', null, 96, false, SIZE_NAME, {
    eastus: 88.488, eastus2: 88.488, westus2: 88.488, westus3: 88.488, southcentralus: 106.171,
    westeurope: 115.034, swedencentral: 115.034,
  }],
  ['Standard_ND96isf_H100_v5', 'h100-sxm', null, 96, false, SIZE_NAME, { eastus2: 88.488, swedencentral: 115.034 }],
  ['Standard_ND96isr_H100_v5', 'h100-sxm', 8, 96, true, KAITO, {
    eastus: 98.32, eastus2: 98.32, westus2: 98.32, westus3: 98.32, southcentralus: 117.968,
    westeurope: 127.816, swedencentral: 127.816, canadacentral: 117.984,
  }],
  ['Standard_ND96isr_H200_v5', 'h200-sxm', 8, 96, true, KAITO, { eastus2: 84.8, westus2: 84.8, westus3: 84.8, swedencentral: 110.272 }],
  ['Standard_ND96isr_MI300X_v5', 'mi300x', 8, 96, true, SIZE_NAME, { eastus2: 48, westus3: 48, swedencentral: 67.2, canadacentral: 57.6 }],
  ['Standard_ND96isrf_H100_v5', 'h100-sxm', null, 96, true, SIZE_NAME, { eastus: 98.32, eastus2: 98.32, swedencentral: 127.816 }],
  ['Standard_NV12ads_A10_v5', 'a10', null, 12, false, SIZE_NAME, {
    eastus: 0.908, eastus2: 0.908, westus2: 0.908, westus3: 0.908, southcentralus: 1.09,
    westeurope: 1.18, swedencentral: 1.18, canadacentral: 1.09,
  }],
  ['Standard_NV18ads_A10_v5', 'a10', null, 18, false, SIZE_NAME, {
    eastus: 1.6, eastus2: 1.6, westus2: 1.6, westus3: 1.6, southcentralus: 1.92,
    westeurope: 2.08, swedencentral: 2.08, canadacentral: 1.92,
  }],
  ['Standard_NV36adms_A10_v5', 'a10', null, 36, false, SIZE_NAME, {
    eastus: 4.52, eastus2: 4.52, westus2: 4.52, westus3: 4.52, southcentralus: 5.424,
    westeurope: 5.876, swedencentral: 5.876, canadacentral: 5.424,
  }],
  ['Standard_NV36ads_A10_v5', 'a10', 1, 36, false, KAITO, {
    eastus: 3.2, eastus2: 3.2, westus2: 3.2, westus3: 3.2, southcentralus: 3.84,
    westeurope: 4.16, swedencentral: 4.16, canadacentral: 3.84,
  }],
  ['Standard_NV6ads_A10_v5', 'a10', null, 6, false, SIZE_NAME, {
    eastus: 0.454, eastus2: 0.454, westus2: 0.454, westus3: 0.454, southcentralus: 0.545,
    westeurope: 0.59, swedencentral: 0.59, canadacentral: 0.545,
  }],
  ['Standard_NV72ads_A10_v5', 'a10', 2, 72, false, KAITO, {
    eastus: 6.52, eastus2: 6.52, westus2: 6.52, westus3: 6.52, southcentralus: 7.824,
    westeurope: 8.476, swedencentral: 8.476, canadacentral: 7.824,
  }],
];

/** KAITO's table states accelerators, and so the label that Karpenter derives; for the MI300X sizes the count alone is known. */
function azureRow([name, accelerator, gpus, vcpus, rdma, source, dollarsPerHour]: AzureRow): InstanceRow {
  return {
    name,
    cloud: 'azure',
    acceleratorName: accelerator,
    gpusPerNode: gpus ?? undefined,
    vcpus,
    efaInterfaces: 0,
    rdma,
    nodeLabels: gpus === null || source !== KAITO ? {} : { 'karpenter.azure.com/sku-gpu-count': String(gpus) },
    extendedResources: {},
    dollarsPerHour,
    source: `${source}; ${AZURE_PRICES}`,
    asOf: AZURE_AS_OF,
  };
}

const GCP_SOURCE = 'Google xpk: system_characteristics';
const GCP_AS_OF = '2026-08-31';

type GcpRow = readonly [name: string, accelerator: string, gpus: number, vcpus: number | null, memoryGb: number | null, gkeLabel: string];

/** `memoryGb` is read as 1e9 bytes, the smaller reading of the unit. */
const GCP: readonly GcpRow[] = [
  ['a2-highgpu-1g', 'a100-sxm-40gb', 1, null, null, 'nvidia-tesla-a100'],
  ['a2-highgpu-2g', 'a100-sxm-40gb', 2, null, null, 'nvidia-tesla-a100'],
  ['a2-highgpu-4g', 'a100-sxm-40gb', 4, null, null, 'nvidia-tesla-a100'],
  ['a2-highgpu-8g', 'a100-sxm-40gb', 8, null, null, 'nvidia-tesla-a100'],
  ['a3-highgpu-8g', 'h100-sxm', 8, 208, 1872, 'nvidia-h100-80gb'],
  ['a3-megagpu-8g', 'h100-sxm', 8, null, null, 'nvidia-h100-mega-80gb'],
  ['a3-ultragpu-8g', 'h200-sxm', 8, null, null, 'nvidia-h200-141gb'],
  ['a4-highgpu-8g', 'b200-sxm', 8, null, null, 'nvidia-b200'],
  ['a4x-highgpu-4g', 'gb200', 4, null, null, 'nvidia-gb200'],
  ['tpu7x-standard-4t', 'tpu-7x', 4, null, null, 'tpu7x'],
  ['ct6e-standard-1t', 'tpu-v6e', 1, null, null, 'tpu-v6e-slice'],
  ['ct6e-standard-4t', 'tpu-v6e', 4, null, null, 'tpu-v6e-slice'],
  ['ct5p-hightpu-4t', 'tpu-v5p', 4, null, null, 'tpu-v5p-slice'],
  ['ct5lp-hightpu-4t', 'tpu-v5e', 4, null, null, 'tpu-v5-lite-podslice'],
];

function gcpRow([name, accelerator, gpus, vcpus, memoryGb, gkeLabel]: GcpRow): InstanceRow {
  const tpu = accelerator.startsWith('tpu-');
  return {
    name,
    cloud: 'gcp',
    acceleratorName: accelerator,
    gpusPerNode: gpus,
    vcpus: vcpus ?? undefined,
    memoryBytes: memoryGb === null ? undefined : memoryGb * 1e9,
    efaInterfaces: 0,
    nodeLabels: { [tpu ? 'cloud.google.com/gke-tpu-accelerator' : 'cloud.google.com/gke-accelerator']: gkeLabel },
    extendedResources: { [tpu ? 'google.com/tpu' : 'nvidia.com/gpu']: gpus },
    dollarsPerHour: {},
    source: GCP_SOURCE,
    asOf: GCP_AS_OF,
  };
}

const OCI: readonly InstanceRow[] = [{
  name: 'BM.GPU.MI300X.8',
  cloud: 'oci',
  acceleratorName: 'mi300x',
  gpusPerNode: 8,
  efaInterfaces: 0,
  nodeLabels: {},
  extendedResources: {},
  dollarsPerHour: {},
  source: 'https://blogs.oracle.com/cloud-infrastructure/serving-llama-31-405b-model-with-amd-mi300x-gpus',
  asOf: '2026-08-31',
}];

/** Every row, in the order of clouds above. */
export function instanceRows(): InstanceRow[] {
  return [...AWS.map(awsRow), ...AZURE.map(azureRow), ...GCP.map(gcpRow), ...OCI];
}
