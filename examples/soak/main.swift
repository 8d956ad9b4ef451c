import Glibc
import Soak

exit(SoakCommand(CommandLine.arguments.dropFirst()).run())
