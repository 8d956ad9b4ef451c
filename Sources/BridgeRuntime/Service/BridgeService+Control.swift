package import Configuration
import Control
import LinuxIO

/// The control socket of the service.
extension BridgeService {
    /// The group whose members may use it.
    static let controlGroup = "cellbridge"

    /// Listens where the configuration says; failing that in the state directory; failing that nowhere, which stops
    /// nothing else.
    func openControl() {
        var complaints: [String] = []
        for path in configuration.controlPaths {
            do throws(UnixSocket.ListenFailure) {
                if let folder = path.lastIndex(of: "/"), folder > path.startIndex {
                    try? Files.makeDirectories(String(path[..<folder]))
                }
                let server = try ControlServer(
                    path, group: Self.controlGroup,
                    about: [
                        .init(name: "version", value: .text(cellbridgeVersion)),
                        .init(name: "name", value: .text(configuration.bridge.name)),
                    ], loop: loop)
                server.onCall = { [weak bridge] call in
                    guard let bridge else { return call.fail(.unavailable, "the service is stopping") }
                    bridge.serve(call)
                }
                control = server
                for complaint in complaints { log(.warning, "control socket: \(complaint); using \(path)") }
                log(.info, "control socket: \(path)")
                return
            } catch {
                complaints.append("\(error)")
            }
        }
        for complaint in complaints { log(.warning, "no control socket: \(complaint)") }
    }
}

extension Configuration {
    /// Where the control socket may be, in the order of trying; none when it is turned off.
    package var controlPaths: [String] {
        guard let socket = control.socket else { return [] }
        let second = queue.path + "/control.sock"
        return socket == second ? [socket] : [socket, second]
    }
}
