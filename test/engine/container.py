"""Process 1 of a container: makes the file system and the network that a pod's container has, gives up every right, becomes the command.

Called inside new mount, network, PID, IPC and UTS namespaces, with a JSON file (test/engine/pod.ts describes it). The image is this machine's
/usr and the folders that the file names; nothing else of the machine is there. Left out of what a container runtime does: seccomp, cgroups.
"""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys

with open(sys.argv[1]) as file:
    spec = json.load(file)


def run(*command):
    subprocess.run(command, check=True)


def mount(*arguments):
    run('mount', *arguments)


def bind(source, target, read_only):
    target.parent.mkdir(parents=True, exist_ok=True)
    if os.path.isdir(source):
        target.mkdir(exist_ok=True)
    else:
        target.touch()
    mount('--bind', source, str(target))
    mount('-o', f'remount,bind,{"ro" if read_only else "rw"},nosuid,nodev', str(target))


mount('--make-rprivate', '/')
root = pathlib.Path(spec['root'])
mount('-t', 'tmpfs', '-o', 'mode=755,size=64m', 'tmpfs', str(root))

# the image
for folder in ('/usr', *spec['image']):
    bind(folder, root / folder[1:], True)
(root / 'etc').mkdir()
shutil.copy('/etc/ld.so.cache', root / 'etc')
(root / 'etc' / 'passwd').write_text('root:x:0:0::/root:/usr/sbin/nologin\n')
(root / 'etc' / 'hosts').write_text(f'127.0.0.1 localhost\n{spec["address"]} {spec["hostname"]}\n')
for name in ('bin', 'sbin', 'lib', 'lib64'):
    (root / name).symlink_to(f'usr/{name}')
(root / 'tmp').mkdir(mode=0o1777, exist_ok=True)
(root / 'proc').mkdir()
mount('-t', 'proc', 'proc', str(root / 'proc'))
bind('/sys', root / 'sys', True)
(root / 'dev').mkdir()
for device in ('full', 'null', 'random', 'tty', 'urandom', 'zero'):
    (root / 'dev' / device).touch()
    mount('--bind', f'/dev/{device}', str(root / 'dev' / device))
(root / 'dev' / 'shm').mkdir()

# the pod's volumes
for volume in spec['mounts']:
    target = root / volume['path'][1:]
    if 'source' in volume:
        bind(volume['source'], target, volume['readOnly'])
    else:
        target.mkdir(parents=True, exist_ok=True)
        mount('-t', 'tmpfs', '-o', f'mode=2777,gid={spec["fsGroup"]},size={volume["sizeBytes"]},nosuid,nodev', 'tmpfs', str(target))
if spec['readOnlyRoot']:
    mount('-o', 'remount,ro', str(root))

# the pod's network: an address that others reach, no way out
run('ip', 'link', 'set', 'lo', 'up')
run('ip', 'address', 'add', f'{spec["address"]}/32', 'dev', 'lo')
run('ip', 'route', 'add', 'default', 'dev', 'lo')

socket.sethostname(spec['hostname'])
os.chroot(root)
os.chdir('/')
os.umask(0o022)
user, group = str(spec['user']), str(spec['group'])
os.execve('/usr/bin/setpriv', [
    'setpriv', '--reuid', user, '--regid', group, '--groups', str(spec['fsGroup']), '--bounding-set=-all', '--inh-caps=-all', '--no-new-privs',
    'env', '-i', *[f'{name}={value}' for name, value in spec['env'].items()], *spec['command'],
], {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin'})
