"""The command `phonoscope`: one verb per module in bridge.commands."""

import argparse
import importlib
import io
import sys
from types import ModuleType

from engine.errors import UserError

COMMANDS = ("play", "devices", "index", "map", "walk", "imagine", "voice", "dream", "render", "listen", "show",
            "mapping", "midi", "patch", "bench", "dataset", "train", "eval", "models")
ALIASES = {"play": ["run"]}

DESCRIPTION = """\
Phonoscope sees sounds and hears pictures, live: a camera's frames choose what is heard, and what the microphone
hears is analysed and sent to TouchDesigner, Max or Pure Data over OSC.

  phonoscope play                      camera and microphone in, soundscape and OSC out; Ctrl-C ends.
                                       http://localhost:9003/ shows and plays it
  phonoscope play --camera demo        the same with the built-in camera
  phonoscope devices                   what can be named after --camera, --mic and --speakers
  phonoscope imagine beach.jpg         which sounds fit a picture
  phonoscope voice beach.jpg -o b.wav  make a sound for a picture
  phonoscope dream street.wav -o a.mp4 what a sound looks like, as a film with that sound
  phonoscope index my-sounds -o mine   make a library of your own sounds; play it with --library mine
  phonoscope map mine -o map.html      see and hear which of its sounds are alike, in a browser
  phonoscope walk my-panoramas         walk through panoramas in a browser and hear each direction of them;
                                       --export site makes a folder to publish (Imaginary Soundscape)
  phonoscope patch max -o my-max       patches for Max, TouchDesigner and Pure Data
  phonoscope midi learn reverb/gain    then move the fader that shall turn it
  phonoscope listen -o listening       hear what the mixer can do, example by example

Make your own models out of your own videos:

  phonoscope dataset build my-videos -o my-pairs
  phonoscope train ear --config pairs --data my-pairs -o my-ear.ts
  phonoscope eval retrieval --pictures my-photos --sounds my-sounds --ear my-ear.ts
  phonoscope models verify             which model files there are, and whether they are in order
  phonoscope bench eye                 how fast it all is here
"""


def main(argv: list[str] | None = None) -> int:
    """Run the command line `argv` and return its exit status: 0 done, 1 something was wrong, 2 misspelt."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # names of files need not be text
    parser = argparse.ArgumentParser(prog="phonoscope", description=DESCRIPTION,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name in COMMANDS:
        command = _module(name)
        verb = verbs.add_parser(name, aliases=ALIASES.get(name, []), help=command.HELP, description=command.__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
        command.add_arguments(verb)
        verb.set_defaults(run=command.run)
    args = parser.parse_args(argv)
    try:
        status: int = args.run(args)
    except UserError as error:
        print(f"phonoscope {args.verb}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    return status


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"bridge.commands.{name}")


if __name__ == "__main__":
    sys.exit(main())
