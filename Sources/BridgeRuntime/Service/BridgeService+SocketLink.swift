import Configuration
import LinuxIO
import ModemCore
import TLSStream

extension BridgeService {
    /// The socket link, for modules and configurations that use it; false, and the end, when its TLS cannot be used.
    func addCarrier(to values: inout BridgeAssembly.Values) -> Bool {
        guard values.link.linkChoice != .mqtt else { return true }
        let directory = RuntimeDirectory.path(fallback: configuration.queue.path)
        do throws(TLSError) {
            values.carrier = configuration.carrierValues(
                values.link, tls: try configuration.tlsContext(), directory: directory, loop: loop)
        } catch {
            end(.configuration, "[remote] tls: \(error); nothing less safe is tried")
            return false
        }
        let mark = SendMark(in: directory, port: portSettings().path)
        values.markSend = { mark.set($0) }
        values.leftOverSend = mark.leftOver
        return true
    }

    /// `[remote] receive` that the module found does not know; that of a configured profile was told by the check.
    func warnOfReceive() {
        guard configuration.module.profile == .automatic, let dispatcher = bridge?.dispatcher,
            dispatcher.module.link.kind == .socket, let profile = dispatcher.profile,
            let notice = ConfigurationCheck.ignoredReceive(configuration, profile)
        else { return }
        log(.warning, "[remote] receive: \(notice)")
    }
}
