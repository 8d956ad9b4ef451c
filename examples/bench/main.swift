import Glibc

// Everything is in `Bench`, off the main actor: handlers of C libraries may not be made in top-level code.
exit(Bench.main(CommandLine.arguments))
