import { ClaimWeightsOptions } from './weights-options';
import {
  assumedBandwidth, bytesOf, checkOptions, checkRate, checkText, copied, DEFAULT_READ_BYTES_PER_SECOND, MODEL_PLACE, nothingMore, OFFLINE,
  pathInVolume, WeightsSource,
} from './weights-source';
import { helperImage, waitFor } from './weights-wait';

/** Name of an object, as most kinds need it. */
const OBJECT_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** Weights on a claim that exists. */
export function claimSource(options: ClaimWeightsOptions): WeightsSource {
  const own = copied(options);
  return (scope, context) => {
    checkOptions(scope, 'fromClaim', own);
    const { claimName, path, readBytesPerSecond, waitForFile, sizeBytes } = own;
    checkText(scope, 'claimName', claimName, new RegExp(`(?=^.{1,253}$)${OBJECT_NAME.source}`),
      'the name of a PersistentVolumeClaim: at most 253 lower-case letters, digits, \'-\' and \'.\'');
    checkRate(scope, 'readBytesPerSecond', readBytesPerSecond);
    const checkpointBytes = bytesOf(scope, context, sizeBytes);
    const { place = MODEL_PLACE } = context;
    const modelPath = pathInVolume(scope, 'path', path, place);
    const marker = waitForFile === undefined ? undefined : pathInVolume(scope, 'waitForFile', waitForFile, place);
    return {
      ...nothingMore(),
      modelPath,
      checkpointBytes,
      env: [OFFLINE],
      volumes: [{ name: place.volume, persistentVolumeClaim: { claimName, readOnly: true } }],
      volumeMounts: [{ name: place.volume, mountPath: place.path, readOnly: true }],
      initContainers: marker ? [waitFor(helperImage(scope, context), marker, place)] : [],
      bytesPerSecond: readBytesPerSecond ?? DEFAULT_READ_BYTES_PER_SECOND,
      notes: [
        ...context.sharedByNodes ? [`pods on several nodes mount the claim '${claimName}', so its access mode must be ReadWriteMany or ReadOnlyMany`] : [],
        ...assumedBandwidth('readBytesPerSecond', readBytesPerSecond, DEFAULT_READ_BYTES_PER_SECOND),
      ],
    };
  };
}
