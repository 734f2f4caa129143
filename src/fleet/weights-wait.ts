import { Construct } from 'constructs';
import { fail } from '../errors';
import { checkText, NO_GPU, RESTRICTED, WeightsContext, WeightsPlace } from './weights-source';
import { IMAGE_REFERENCE } from '../engines/image';
import { Container } from '../kube/pod';

/**
 * Waits for a file, however long it takes. It never fails by itself: a container that restarts would make a LeaderWorkerSet start its whole
 * group again. As process 1 it must handle the signal to end, or a pod that waits would hold its GPUs through its grace period.
 */
export const WAIT_SCRIPT = `import os
import signal
import sys
import time

signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
marker = os.environ['WEIGHTS_MARKER']
waited = 0
while not os.path.exists(marker):
    if waited % 60 == 0:
        print('waiting for the weights: %s is not there after %d s' % (marker, waited), flush=True)
    time.sleep(5)
    waited += 5
print('the weights are complete', flush=True)
`;

/** The image that downloads and waits, as the user's mirror names it. */
export function helperImage(scope: Construct, context: WeightsContext, stated?: string): string {
  if (stated !== undefined) { checkText(scope, 'downloaderImage', stated, IMAGE_REFERENCE, 'an image reference such as \'registry.example.com/name@sha256:…\''); }
  const image = stated ?? context.engineImage;
  if (!image) { fail(scope, 'the engine names no image in which its pods could wait for their weights'); }
  return context.image(image);
}

/** The init container that holds the engine back until a file is on the volume. */
export function waitFor(image: string, marker: string, place: WeightsPlace): Container {
  return {
    name: place.waiter,
    image,
    command: ['python3', '-u', '-c', WAIT_SCRIPT],
    env: [NO_GPU, { name: 'WEIGHTS_MARKER', value: marker }],
    resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { cpu: '200m', memory: '128Mi' } },
    volumeMounts: [{ name: place.volume, mountPath: place.path, readOnly: true }],
    securityContext: RESTRICTED,
    terminationMessagePolicy: 'FallbackToLogsOnError',
  };
}
