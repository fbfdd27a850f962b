import ControlPlane
import Glibc

exit(ControlPlaneProgram.run(arguments: Array(CommandLine.arguments.dropFirst())))
