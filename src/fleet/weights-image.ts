import { checkFlags, fail, show } from '../errors';
import { ImageWeightsOptions } from './weights-options';
import {
  assumedBandwidth, bytesOf, checkOptions, checkRate, checkText, copied, DEFAULT_READ_BYTES_PER_SECOND, gigabytes,
  MODEL_PLACE, nothingMore, OFFLINE, pathInVolume, TRANSFER_MARGIN, TRANSFER_START_SECONDS, WeightsSource,
} from './weights-source';
import { IMAGE_REFERENCE } from '../engines/image';

/** Bandwidth assumed of a pull where nobody states one: fetching and unpacking share one disk that writes 125 MB/s. */
const DEFAULT_PULL_BYTES_PER_SECOND = 100e6;

/** Weights in an OCI image that is mounted as a volume. */
export function imageSource(options: ImageWeightsOptions): WeightsSource {
  const own = copied(options);
  return (scope, context) => {
    checkOptions(scope, 'fromImage', own);
    const { reference, allowTag, path, pullBytesPerSecond, readBytesPerSecond, sizeBytes } = own;
    checkFlags(scope, { allowTag });
    checkText(scope, 'reference', reference, IMAGE_REFERENCE, 'an image reference such as \'registry.example.com/models/name@sha256:<64 hexadecimal digits>\'');
    if (!allowTag && !reference.includes('@sha256:')) {
      fail(scope, `'reference' is ${show(reference)} but must end with a digest '@sha256:…', so that every node serves the same files;`
        + ' add the digest, or set \'allowTag\'');
    }
    checkRate(scope, 'pullBytesPerSecond', pullBytesPerSecond);
    checkRate(scope, 'readBytesPerSecond', readBytesPerSecond);
    const checkpointBytes = bytesOf(scope, context, sizeBytes);
    const { place = MODEL_PLACE } = context;
    const pullRate = pullBytesPerSecond ?? DEFAULT_PULL_BYTES_PER_SECOND;
    return {
      ...nothingMore(),
      modelPath: pathInVolume(scope, 'path', path, place),
      checkpointBytes,
      env: [OFFLINE],
      volumes: [{ name: place.volume, image: { reference: context.image(reference), pullPolicy: 'IfNotPresent' } }],
      volumeMounts: [{ name: place.volume, mountPath: place.path, readOnly: true }],
      bytesPerSecond: readBytesPerSecond ?? DEFAULT_READ_BYTES_PER_SECOND,
      waitSeconds: Math.ceil(TRANSFER_START_SECONDS + TRANSFER_MARGIN * checkpointBytes / pullRate),
      notes: [
        'image volumes need Kubernetes 1.35, or 1.33 with the feature gate ImageVolume, and a container runtime that has them',
        `every node that serves keeps the image of ${gigabytes(checkpointBytes)} on its disk`,
        ...allowTag && !reference.includes('@sha256:') ? [`the weights image '${reference}' is not pinned by digest, so two nodes may serve different files`] : [],
        ...assumedBandwidth('pullBytesPerSecond', pullBytesPerSecond, DEFAULT_PULL_BYTES_PER_SECOND),
        ...assumedBandwidth('readBytesPerSecond', readBytesPerSecond, DEFAULT_READ_BYTES_PER_SECOND),
      ],
    };
  };
}
