import { IConstruct } from 'constructs';
import { Accelerator } from '../catalog/accelerator';
import { fail, show } from '../errors';

/** What names the image of an engine. */
export interface ImageChoice {
  /** Reference that the user gave instead of the published image. */
  readonly image?: string;
  readonly imageDigest?: string;
  readonly allowMutableTag?: boolean;
  /** The published image of this version. */
  readonly published: string;
  /** Its digest, where this release knows it. */
  readonly publishedDigest?: string;
  /**
   * How the user can state a digest.
   *
   * @default - by 'imageDigest'
   */
  readonly remedy?: string;
}

/** Whose GPUs the published images run on. */
const VENDOR = 'nvidia';

/** `registry:port/path/name:tag@digest`, tag and digest optional. Internal. */
export const IMAGE_REFERENCE = /^[a-z0-9]([-._a-z0-9]*[a-z0-9])?(:\d{1,5})?(\/[a-z0-9]+([-._]+[a-z0-9]+)*)*(:[A-Za-z0-9_][-.A-Za-z0-9_]{0,127})?(@sha256:[0-9a-f]{64})?$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** A published image that is used on accelerators of another vendor than it is built for. */
export interface PublishedImage {
  /** Engine and version, in messages. */
  readonly engine: string;
  readonly reference: string;
  /** Where builds for other vendors are published, by vendor. */
  readonly elsewhere: { readonly [vendor: string]: string };
}

/** Refuses a published image that has no kernels for the plan's accelerator; for an image of the user's own, says what is not known of it. */
export function imageVendor(scope: IConstruct, { name, vendor }: Accelerator, own: string | undefined, published: PublishedImage): string[] {
  if (vendor === VENDOR) { return []; }
  if (own === undefined) {
    const elsewhere = Object.entries(published.elsewhere).find(([of]) => of === vendor);
    fail(scope, `the plan's accelerator ${name} is one of ${vendor} but the image that ${published.engine} is published in, ${show(published.reference)}, is built for NVIDIA GPUs; `
      + `give 'image' and 'imageDigest' of a build for ${vendor}${elsewhere ? `, e.g. of '${elsewhere[1]}'` : ''}`);
  }
  return [
    `the flags are those of ${published.engine} for NVIDIA GPUs: the image for ${vendor} must be of that version`,
    ...(vendor === 'amd'
      ? ['AMD GPUs are opened through /dev/kfd and /dev/dri: nodes must let the engine\'s user do so, or the pods be given the nodes\' group render with ApiObject.of']
      : []),
  ];
}

/** Whether caches of CUDA and its libraries are of use. */
export function runsCuda({ vendor }: Accelerator): boolean { return vendor === VENDOR; }

/** The image to run: by digest, or by a tag that the user accepted by name. */
export function imageReference(scope: IConstruct, choice: ImageChoice): { reference: string; notes: string[] } {
  const { image, imageDigest, allowMutableTag } = choice;
  if (image !== undefined && (typeof image !== 'string' || image.length > 400 || !IMAGE_REFERENCE.test(image))) {
    fail(scope, `'image' is ${show(image)} but must be an image reference such as 'registry.example.com/vllm/vllm-openai:v0.33.0'`);
  }
  if (imageDigest !== undefined && (typeof imageDigest !== 'string' || !DIGEST.test(imageDigest))) {
    fail(scope, `'imageDigest' is ${show(imageDigest)} but must be 'sha256:' and 64 hexadecimal digits`);
  }
  const [name, own] = (image ?? choice.published).split('@');
  if (own !== undefined && imageDigest !== undefined && own !== imageDigest) {
    fail(scope, `'imageDigest' is ${show(imageDigest)} but 'image' holds another digest (${own.slice(0, 19)}…); give one of them`);
  }
  const digest = imageDigest ?? own ?? (image === undefined ? choice.publishedDigest : undefined);
  if (digest !== undefined) { return { reference: `${name}@${digest}`, notes: [] }; }
  if (allowMutableTag !== true) {
    fail(scope, `image ${show(name)} has no digest, so that what runs could change without a commit; `
      + `${choice.remedy ?? 'give \'imageDigest\' (\'sha256:…\' of the tag in your registry)'}, or accept the tag with 'allowMutableTag: true'`);
  }
  return { reference: name, notes: [`the image '${name}' is named by a tag: whoever may push to its registry can change what runs`] };
}
