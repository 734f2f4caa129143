"""An engine's own argument parser as a service: the first line out describes its flags, each further line answers a line in.

Called with the engine's name; the engine itself is found by PYTHONPATH. A line in is a JSON list of arguments, as they follow the
command of the container; a line out is {"values": {...}}, what of the parsed values differs from the defaults, or {"error": "..."}.
"""
import argparse
import collections
import contextlib
import importlib.metadata
import io
import json
import sys


def vllm_parser():
    from vllm import platforms
    if platforms.current_platform.is_unspecified():
        # A build for GPUs finds none here. The platform decides defaults, not which flags there are.
        from vllm.platforms.cpu import CpuPlatform
        platforms.current_platform = CpuPlatform()
    from vllm.entrypoints.cli import serve
    from vllm.reasoning import ReasoningParserManager
    from vllm.tool_parsers import ToolParserManager
    from vllm.utils.argparse_utils import FlexibleArgumentParser
    top = FlexibleArgumentParser(prog='vllm')
    commands = top.add_subparsers(dest='subparser')
    [command] = [command for command in serve.cmd_init() if command.name == 'serve']
    parser = command.subparser_init(commands)

    def parse(args):
        sys.argv = ['vllm', 'serve', *args]  # vLLM's parser looks at it
        parsed = top.parse_args(sys.argv[1:])
        command.validate(parsed)
        return parsed
    known = {'toolParsers': ToolParserManager.list_registered(), 'reasoningParsers': ReasoningParserManager.list_registered()}
    return parser, parse, known


def sglang_parser():
    from sglang.srt.server_args import ServerArgs
    parser = argparse.ArgumentParser(prog='sglang serve')
    ServerArgs.add_cli_args(parser)
    return parser, parser.parse_args, {}


def takes(action):
    """What follows a flag, in the words of src/engines/extra-args.ts."""
    if action.nargs in (0, None):
        return 'none' if action.nargs == 0 else 'one'
    return {'?': 'optional', '+': 'some', '*': 'any'}[action.nargs]


def described(action, names):
    return {
        'names': names,
        'takes': takes(action),
        'choices': None if action.choices is None else [str(choice) for choice in action.choices],
        'type': getattr(action.type, '__name__', None),
    }


def answer(parse, defaults, args):
    message = io.StringIO()
    try:
        with contextlib.redirect_stderr(message), contextlib.redirect_stdout(sys.stderr):
            parsed = vars(parse(args))
    except SystemExit:
        lines = message.getvalue().strip().splitlines()
        return {'error': next((line for line in reversed(lines) if 'error:' in line), ' '.join(lines))}
    except Exception as error:  # vLLM's own checks raise what they like
        return {'error': f'{type(error).__name__}: {error}'}
    return {'values': {name: value for name, value in parsed.items() if name in defaults and value != defaults[name]}}


def main(engine):
    out = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):  # imports print what they like
        parser, parse, known = {'vllm': vllm_parser, 'sglang': sglang_parser}[engine]()
    defaults = {action.dest: action.default for action in parser._actions}
    # What is accepted, which is more than an action shows in its help: vLLM 0.33 also takes `--no-enable-x`.
    names = collections.defaultdict(list)
    for name, action in parser._option_string_actions.items():
        names[action].append(name)
    flags = [described(action, spellings) for action, spellings in names.items()]
    print(json.dumps({'version': importlib.metadata.version(engine), 'flags': flags, **known}), file=out, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(parse, defaults, json.loads(line)), default=str), file=out, flush=True)


main(sys.argv[1])
