import { ClaimWeightsOptions } from './weights-options';
import {
  assumedBandwidth, bytesOf, checkOptions, checkRate, checkText, copied, DEFAULT_READ_BYTES_PER_SECOND, nothingMore, OFFLINE, pathInVolume,
  WEIGHTS_PATH, WEIGHTS_VOLUME, WeightsSource,
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
    const modelPath = pathInVolume(scope, 'path', path);
    const marker = waitForFile === undefined ? undefined : pathInVolume(scope, 'waitForFile', waitForFile);
    return {
      ...nothingMore(),
      modelPath,
      checkpointBytes,
      env: [OFFLINE],
      volumes: [{ name: WEIGHTS_VOLUME, persistentVolumeClaim: { claimName, readOnly: true } }],
      volumeMounts: [{ name: WEIGHTS_VOLUME, mountPath: WEIGHTS_PATH, readOnly: true }],
      initContainers: marker ? [waitFor(helperImage(scope, context), marker)] : [],
      bytesPerSecond: readBytesPerSecond ?? DEFAULT_READ_BYTES_PER_SECOND,
      notes: [
        ...context.sharedByNodes ? [`pods on several nodes mount the claim '${claimName}', so its access mode must be ReadWriteMany or ReadOnlyMany`] : [],
        ...assumedBandwidth('readBytesPerSecond', readBytesPerSecond, DEFAULT_READ_BYTES_PER_SECOND),
      ],
    };
  };
}
