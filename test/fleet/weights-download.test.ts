import { spawn, spawnSync } from 'child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'fs';
import { tmpdir } from 'os';
import { dirname, join } from 'path';
import { DOWNLOAD_SCRIPT } from '../../src/fleet/weights-download-script';
import { WAIT_SCRIPT } from '../../src/fleet/weights-wait';

const PYTHON = spawnSync('python3', ['--version']).status === 0;
const COMMIT = '0123456789abcdef0123456789abcdef01234567';

/**
 * A stand-in for huggingface_hub with the rules that the script relies on: patterns are matched with fnmatch over the whole path, files that
 * are there already are kept, and where the hub does not answer, a folder that has something is taken for the answer. Calls are written down.
 * The repository is a folder.
 */
const FAKE_HUB = `
import fnmatch, json, os, shutil, time
from types import SimpleNamespace

class RevisionNotFoundError(Exception):
    pass

root = os.environ['FAKE_REPOSITORY']

def call(**arguments):
    with open(os.environ['FAKE_CALLS'], 'a') as calls:
        calls.write(json.dumps(arguments) + '\\n')

def paths():
    return sorted(os.path.relpath(os.path.join(folder, name), root) for folder, _, names in os.walk(root) for name in names)

class HfApi:
    def model_info(self, repo_id, *, revision):
        call(listed=repo_id, revision=revision)
        if os.environ.get('FAKE_FAILURE') == 'revision':
            raise RevisionNotFoundError('no such revision')
        if os.environ.get('FAKE_FAILURE') == 'network':
            raise ConnectionError('connection reset')
        return SimpleNamespace(sha=os.environ['FAKE_COMMIT'], siblings=[SimpleNamespace(rfilename=path) for path in paths()])

def snapshot_download(repo_id, *, revision, local_dir, allow_patterns):
    call(fetched=repo_id, revision=revision, patterns=allow_patterns)
    if os.environ.get('FAKE_FAILURE') == 'silence' and os.listdir(local_dir):
        return
    if os.environ.get('FAKE_FAILURE') == 'full':
        raise OSError(28, 'No space left on device')
    for path in paths():
        goal = os.path.join(local_dir, path)
        if os.path.exists(goal) or not any(fnmatch.fnmatch(path, pattern) for pattern in allow_patterns):
            continue
        os.makedirs(os.path.dirname(goal), exist_ok=True)
        if os.environ.get('FAKE_HANG') == path:
            with open(goal, 'wb') as half:
                half.write(open(os.path.join(root, path), 'rb').read()[:9])
            time.sleep(60)
        shutil.copyfile(os.path.join(root, path), goal)
`;

/** A safetensors file with one tensor. */
function safetensors(bytes: number): Buffer {
  const header = Buffer.from(JSON.stringify({ __metadata__: { format: 'pt' }, w: { dtype: 'U8', shape: [bytes], data_offsets: [0, bytes] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, Buffer.alloc(bytes, 7)]);
}

class Volume {
  public readonly root = mkdtempSync(join(tmpdir(), 'weights-'));
  public readonly target = join(this.root, 'volume', COMMIT);
  public readonly marker = join(this.root, 'volume', `.complete-${COMMIT}`);
  private readonly repository = join(this.root, 'repository');

  public constructor(files: { [path: string]: Buffer | string }) {
    mkdirSync(join(this.root, 'volume'));
    mkdirSync(join(this.root, 'modules'));
    writeFileSync(join(this.root, 'modules', 'huggingface_hub.py'), FAKE_HUB);
    Object.entries(files).forEach(([path, content]) => this.publish(path, content));
  }

  public publish(path: string, content: Buffer | string): void {
    mkdirSync(dirname(join(this.repository, path)), { recursive: true });
    writeFileSync(join(this.repository, path), content);
  }

  public environment(more: { [name: string]: string } = {}): NodeJS.ProcessEnv {
    return {
      PATH: process.env.PATH,
      PYTHONPATH: join(this.root, 'modules'),
      PYTHONDONTWRITEBYTECODE: '1',
      FAKE_CALLS: join(this.root, 'calls'),
      FAKE_REPOSITORY: this.repository,
      FAKE_COMMIT: COMMIT,
      WEIGHTS_REPOSITORY: 'org/model',
      WEIGHTS_REVISION: COMMIT,
      WEIGHTS_TARGET: this.target,
      WEIGHTS_MARKER: this.marker,
      WEIGHTS_EXTRA_FILES: '[]',
      ...more,
    };
  }

  public run(more: { [name: string]: string } = {}): { status: number | null; error: string; output: string } {
    const result = spawnSync('python3', ['-u', '-c', DOWNLOAD_SCRIPT], { env: this.environment(more), encoding: 'utf8' });
    return { status: result.status, error: result.stderr.trim(), output: result.stdout };
  }

  public calls(): any[] {
    return readFileSync(join(this.root, 'calls'), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
  }

  public files(): string[] {
    return readdirSync(this.target, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.target.length + 1)).sort();
  }
}

const volumes: Volume[] = [];
function volumeOf(files: { [path: string]: Buffer | string }): Volume {
  const volume = new Volume(files);
  volumes.push(volume);
  return volume;
}

const INDEX = 'model.safetensors.index.json';
const SHARDED = {
  'config.json': '{}',
  'tokenizer.json': '{}',
  'chat_template.jinja': 'x',
  'merges.txt': 'x',
  'README.md': 'x',
  'modeling.py': 'x',
  'pytorch_model.bin': 'pickle',
  'original/consolidated.00.safetensors': safetensors(50),
  'consolidated.safetensors': safetensors(50),
  'metal/model.bin': 'x',
  [INDEX]: JSON.stringify({ weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors', c: 'model-00001-of-00002.safetensors' } }),
  'model-00001-of-00002.safetensors': safetensors(100),
  'model-00002-of-00002.safetensors': safetensors(200),
};

afterAll(() => volumes.forEach(({ root }) => rmSync(root, { recursive: true, force: true })));

if (!PYTHON) { console.warn('skipped: the tests of the download script need python3'); }
const onPython = PYTHON ? describe : describe.skip;

onPython('the download', () => {
  test('fetches the shards of the index, configuration and tokenizer, and no second copy, code or pickle', () => {
    const volume = volumeOf(SHARDED);
    expect(volume.run()).toMatchObject({ status: 0, error: '' });
    expect(volume.files()).toEqual([
      'chat_template.jinja', 'config.json', 'merges.txt', 'model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors', INDEX, 'tokenizer.json',
    ].sort());
    const bytes = volume.files().reduce((sum, file) => sum + readFileSync(join(volume.target, file)).length, 0);
    expect(JSON.parse(readFileSync(volume.marker, 'utf8'))).toEqual({ repository: 'org/model', revision: COMMIT, files: 7, bytes });
    expect(readdirSync(dirname(volume.marker)).sort()).toEqual([`.complete-${COMMIT}`, COMMIT].sort());
  });

  test.each<[string, { [path: string]: Buffer | string }, string[]]>([
    ['the one file of a small model, not its second form', { 'config.json': '{}', 'model.safetensors': safetensors(9), 'consolidated.safetensors': safetensors(9) },
      ['config.json', 'model.safetensors']],
    ['what is at the top where no name is the usual one', { 'params.json': '{}', 'consolidated.safetensors': safetensors(9), 'original/x.safetensors': safetensors(9) },
      ['consolidated.safetensors', 'params.json']],
  ])('fetches %s', (_, files, expected) => {
    const volume = volumeOf(files);
    expect(volume.run().status).toBe(0);
    expect(volume.files()).toEqual(expected);
  });

  test('fetches extra files, but no pickle even if a pattern matches it', () => {
    const volume = volumeOf(SHARDED);
    expect(volume.run({ WEIGHTS_EXTRA_FILES: '["*.py", "p*"]' }).status).toBe(0);
    expect(volume.files()).toContain('modeling.py');
    expect(volume.files()).not.toContain('pytorch_model.bin');
  });

  test('a second run ends at once and asks nobody', () => {
    const volume = volumeOf(SHARDED);
    volume.run();
    const calls = volume.calls();
    expect(calls.length).toBeGreaterThan(1);
    const second = volume.run({ FAKE_FAILURE: 'network' });
    expect(second).toMatchObject({ status: 0, error: '' });
    expect(second.output).toContain('nothing to do');
    expect(volume.calls()).toEqual(calls);
  });

  test.each<[string, Buffer]>([
    ['cut short', safetensors(200).subarray(0, 150)],
    ['empty', Buffer.alloc(0)],
    ['not of the format', Buffer.from('<html>rate limited, come back later</html>')],
  ])('a shard that is %s leaves no marker, is removed, and is fetched again by the next try', (_, content) => {
    const volume = volumeOf({ ...SHARDED, 'model-00002-of-00002.safetensors': content });
    const first = volume.run();
    expect(first.status).toBe(1);
    expect(first.error).toBe(`1 of 7 files are missing or cut short, the first is ${join(volume.target, 'model-00002-of-00002.safetensors')}`);
    expect(existsSync(volume.marker)).toBe(false);
    expect(volume.files()).not.toContain('model-00002-of-00002.safetensors');
    volume.publish('model-00002-of-00002.safetensors', safetensors(200));
    expect(volume.run().status).toBe(0);
    expect(existsSync(volume.marker)).toBe(true);
  });

  test('files that are not there because the hub fell silent leave no marker, be they weights or not', () => {
    const volume = volumeOf(SHARDED);
    volume.run();
    for (const file of ['tokenizer.json', 'model-00001-of-00002.safetensors']) {
      rmSync(volume.marker);
      rmSync(join(volume.target, file));
      expect(volume.run({ FAKE_FAILURE: 'silence' })).toMatchObject({
        status: 1, error: `1 of 7 files are missing or cut short, the first is ${join(volume.target, file)}`,
      });
      expect(existsSync(volume.marker)).toBe(false);
      expect(volume.run().status).toBe(0);
    }
  });

  test('a branch is followed once, so that all files are of the commit that the marker names', () => {
    const volume = volumeOf(SHARDED);
    expect(volume.run({ WEIGHTS_REVISION: 'main' }).status).toBe(0);
    expect(volume.calls().map(({ revision }) => revision)).toEqual(['main', COMMIT, COMMIT]);
    expect(JSON.parse(readFileSync(volume.marker, 'utf8')).revision).toBe(COMMIT);
  });

  test('names with the characters of patterns are names', () => {
    const volume = volumeOf({ 'config.json': '{}', 'a[1].safetensors': safetensors(5), 'a1.txt': 'x' });
    expect(volume.run().status).toBe(0);
    expect(volume.files()).toEqual(['a1.txt', 'a[1].safetensors', 'config.json']);
  });

  test.each<[string, { [path: string]: Buffer | string }, string]>([
    ['no configuration', { 'model.safetensors': safetensors(9) }, `the repository org/model has no config.json at revision ${COMMIT}`],
    ['pickles only', { 'config.json': '{}', 'pytorch_model.bin': 'x' },
      `the repository org/model has no safetensors files at revision ${COMMIT}; convert them, or fill a claim yourself`],
    ['an index that leads outside', { 'config.json': '{}', [INDEX]: '{"weight_map": {"a": "../../etc/passwd"}}' },
      "the repository org/model lacks 1 files that its index names, the first is '../../etc/passwd'"],
    ['an index of more than there is', { 'config.json': '{}', [INDEX]: '{"weight_map": {"a": "x.safetensors", "b": "y.safetensors"}}', 'y.safetensors': 'y' },
      "the repository org/model lacks 1 files that its index names, the first is 'x.safetensors'"],
  ])('a repository with %s fails for good', (_, files, sentence) => {
    const volume = volumeOf(files);
    expect(volume.run()).toMatchObject({ status: 42, error: sentence });
    expect(existsSync(volume.marker)).toBe(false);
  });

  test.each([
    ['revision', 42, 'RevisionNotFoundError: no such revision'],
    ['full', 42, 'the volume is full: state a larger sizeBytes ([Errno 28] No space left on device)'],
    ['network', 1, 'ConnectionError: connection reset'],
  ])('a failure of the %s ends with status %d', (failure, status, sentence) => {
    const volume = volumeOf(SHARDED);
    expect(volume.run({ FAKE_FAILURE: failure })).toMatchObject({ status, error: sentence });
    expect(existsSync(volume.marker)).toBe(false);
  });

  test.each<NodeJS.Signals>(['SIGKILL', 'SIGTERM'])('killed midway by %s it leaves no marker, and the next try completes', async (signal) => {
    const volume = volumeOf(SHARDED);
    const half = join(volume.target, 'model-00002-of-00002.safetensors');
    const child = spawn('python3', ['-u', '-c', DOWNLOAD_SCRIPT], { env: volume.environment({ FAKE_HANG: 'model-00002-of-00002.safetensors' }) });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    while (!existsSync(half) || readFileSync(half).length < 9) { await new Promise((resolve) => setTimeout(resolve, 20)); }
    child.kill(signal);
    await ended;
    expect(existsSync(volume.marker)).toBe(false);
    // The stand-in keeps the half file, as the worst of tools would: the check finds it, and the try after that fetches it.
    expect(volume.run().status).toBe(1);
    expect(existsSync(volume.marker)).toBe(false);
    expect(volume.run().status).toBe(0);
    expect(readFileSync(half)).toEqual(safetensors(200));
  });

  test('hostile names are data: nothing of them is run', () => {
    const volume = volumeOf({ ...SHARDED });
    const hostile = '$(touch pwned)`touch pwned`\'"; import os; os.system("touch pwned")';
    volume.run({ WEIGHTS_REPOSITORY: hostile, WEIGHTS_REVISION: hostile });
    expect(JSON.parse(readFileSync(volume.marker, 'utf8')).repository).toBe(hostile);
    expect(existsSync('pwned')).toBe(false);
  });
});

onPython('the wait', () => {
  const start = (marker: string) => spawn('python3', ['-u', '-c', WAIT_SCRIPT], { env: { PATH: process.env.PATH, WEIGHTS_MARKER: marker } });

  test('ends at once where the marker is there', () => {
    const volume = volumeOf({});
    writeFileSync(volume.marker, '{}');
    const result = spawnSync('python3', ['-c', WAIT_SCRIPT], { env: { PATH: process.env.PATH, WEIGHTS_MARKER: volume.marker }, encoding: 'utf8' });
    expect([result.status, result.stdout]).toEqual([0, 'the weights are complete\n']);
  });

  test('waits while it is not, and ends when told to', async () => {
    const child = start(volumeOf({}).marker);
    const ended = new Promise((resolve) => child.on('exit', resolve));
    const said = await new Promise<string>((resolve) => child.stdout.once('data', (text) => resolve(String(text))));
    expect(said).toContain('waiting for the weights');
    child.kill('SIGTERM');
    expect(await ended).toBe(143);
  });
});
