import Glibc

// Everything is in `CommandLineTool`, off the main actor: handlers of C libraries may not be made in top-level code.
exit(CommandLineTool.main(CommandLine.arguments))
