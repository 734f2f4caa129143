/** Exit status after which the Job does not try again: trying again can't help. */
export const FINAL_FAILURE = 42;

/**
 * Downloads one commit, checks it, and writes the completion marker last. All input comes by environment variables.
 *
 * What is fetched: configuration, tokenizer and templates; then the shards that `model.safetensors.index.json` names, or else
 * `model.safetensors`, or else every safetensors file at the top level. So a second copy of the weights in the same repository
 * (`original/`, `consolidated.safetensors`) is left out. Pickle files are left out always.
 *
 * What is checked: a configuration and every shard of the index exist, and each safetensors file is as long as its own header says. A file
 * that is not is removed, so that the next try fetches it again. The marker follows after everything is on the disk.
 */
export const DOWNLOAD_SCRIPT = `import errno
import glob
import json
import os
import signal
import struct
import sys
import threading

FINAL = ${FINAL_FAILURE}
SMALL_FILES = ['*.json', '*.jinja', '*.model', '*.tiktoken', '*.txt']
PICKLES = ['*.bin', '*.ckpt', '*.pickle', '*.pkl', '*.pt', '*.pth']
NEVER_HELPED_BY_RETRY = {'GatedRepoError', 'HFValidationError', 'RepositoryNotFoundError', 'RevisionNotFoundError'}

repository = os.environ['WEIGHTS_REPOSITORY']
revision = os.environ['WEIGHTS_REVISION']
target = os.environ['WEIGHTS_TARGET']
marker = os.environ['WEIGHTS_MARKER']
extra = json.loads(os.environ['WEIGHTS_EXTRA_FILES'])


def stop(status, sentence):
    print(sentence, file=sys.stderr, flush=True)
    sys.exit(status)


def files():
    for folder, names, leaves in os.walk(target):
        if folder == target and '.cache' in names:
            names.remove('.cache')
        for leaf in leaves:
            yield os.path.join(folder, leaf)


def say_progress(done):
    while not done.wait(60):
        size = 0
        for folder, _, leaves in os.walk(target):
            for leaf in leaves:
                try:
                    size += os.path.getsize(os.path.join(folder, leaf))
                except OSError:
                    pass
        print('%.1f GB on the volume' % (size / 1e9), flush=True)


def whole(path):
    try:
        size = os.path.getsize(path)
        with open(path, 'rb') as file:
            (length,) = struct.unpack('<Q', file.read(8))
            if length > size - 8:
                return False
            header = json.loads(file.read(length))
        ends = [tensor['data_offsets'][1] for name, tensor in header.items() if name != '__metadata__']
        return 8 + length + max(ends, default=0) == size
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, struct.error):
        return False


def flush(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def download():
    from huggingface_hub import snapshot_download

    def fetch(patterns, ignored):
        snapshot_download(repo_id=repository, revision=revision, local_dir=target, allow_patterns=patterns, ignore_patterns=PICKLES + ignored)

    fetch(SMALL_FILES + extra, [])
    index = os.path.join(target, 'model.safetensors.index.json')
    if os.path.exists(index):
        with open(index) as file:
            shards = sorted(set(json.load(file)['weight_map'].values()))
        if any(shard.startswith('/') or '..' in shard.split('/') for shard in shards):
            stop(FINAL, 'the index of the safetensors files names a file outside the repository')
        fetch([glob.escape(shard) for shard in shards], [])
    else:
        fetch(['model.safetensors'], [])
        if not os.path.exists(os.path.join(target, 'model.safetensors')):
            fetch(['*.safetensors'], ['*/*'])
        shards = []
    return [os.path.join(target, shard) for shard in shards]


def check(shards):
    present = list(files())
    if not any(os.path.exists(os.path.join(target, name)) for name in ('config.json', 'params.json')):
        stop(FINAL, 'the repository %s has no config.json at revision %s' % (repository, revision))
    weights = sorted(set(shards + [path for path in present if path.endswith('.safetensors')]))
    if not weights:
        stop(FINAL, 'the repository %s has no safetensors files at revision %s; convert them, or fill a claim yourself' % (repository, revision))
    broken = [path for path in weights if not whole(path)]
    for path in broken:
        if os.path.exists(path):
            os.remove(path)
    if broken:
        stop(1, '%d of %d safetensors files are missing or cut short, the first is %s' % (len(broken), len(weights), broken[0]))
    return present


def finish(present):
    for path in present:
        flush(path)
    for folder in sorted({os.path.dirname(path) for path in present}):
        flush(folder)
    size = sum(os.path.getsize(path) for path in present)
    draft = '%s.%d' % (marker, os.getpid())
    with open(draft, 'w') as file:
        json.dump({'repository': repository, 'revision': revision, 'files': len(present), 'bytes': size}, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, marker)
    flush(os.path.dirname(marker))
    print('complete: %d files, %.1f GB' % (len(present), size / 1e9), flush=True)


def main():
    if os.path.exists(marker):
        print('nothing to do: %s is there' % marker, flush=True)
        return
    try:
        os.makedirs(target, exist_ok=True)
        probe = os.path.join(target, '.writable')
        open(probe, 'w').close()
        os.remove(probe)
    except OSError as problem:
        stop(FINAL, 'user %d can not write to the volume: %s' % (os.getuid(), problem))
    print('downloading %s at %s' % (repository, revision), flush=True)
    done = threading.Event()
    threading.Thread(target=say_progress, args=(done,), daemon=True).start()
    try:
        shards = download()
        finish(check(shards))
    except ImportError as problem:
        stop(FINAL, 'the image can not download: %s' % problem)
    except Exception as problem:
        kinds = {kind.__name__ for kind in type(problem).__mro__}
        full = getattr(problem, 'errno', None) in (errno.ENOSPC, errno.EDQUOT)
        if full:
            stop(FINAL, 'the volume is full: state a larger sizeBytes (%s)' % problem)
        stop(FINAL if kinds & NEVER_HELPED_BY_RETRY else 1, '%s: %s' % (type(problem).__name__, problem))
    finally:
        done.set()


signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
main()
`;
