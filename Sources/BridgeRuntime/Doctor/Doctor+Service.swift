import ATProtocol
import Configuration
import Control
import LinuxIO
import ModemCore

/// Through the running service.
extension Doctor {
    /// From the port to the session, by the service's state and by questions between its own commands. Whether all of it
    /// is well.
    func examineService(_ service: any Operations) throws(CommandFailure) -> Bool {
        func state() throws(CommandFailure) -> ServiceChecks {
            ServiceChecks(try service.call("status", on: loop, isInterrupted: isInterrupted))
        }
        let first = try state()
        guard tell(first.port(path)) else { return false }
        let baud = configuration.module.baud
        if let mute = first.rate(baud) { return tell(mute) }
        let queries = ServiceQueries(operations: service, loop: loop, isInterrupted: isInterrupted)
        var mayAsk = true
        guard
            try stage(
                .rate,
                { () throws(CommandFailure) in
                    do throws(CommandFailure) {
                        _ = try queries.ask(.at)
                    } catch  where error.code == .noPermission {
                        mayAsk = false
                    }
                    return .ok(.rate, "the module answers the service at \(baud) baud", [.number("configured", baud)])
                })
        else { return false }
        tell(.ok(.echo, "kept off by the service"))
        if mayAsk {
            guard try examine(queries, own: false) else { return false }
        } else {
            for stage in DoctorStage.allCases where stage > .echo && stage < .dns {
                tell(.skipped(stage, "only root and the service's own user may ask through the service"))
            }
        }
        tell(
            .skipped(
                .dns,
                PacketChecks.isAddress(checks.host)
                    ? "\(checks.host) is an address" : "\(checks.host) is not looked up while the service runs"))
        return try examineLink(service, state)
    }

    private func examineLink(
        _ service: any Operations, _ state: () throws(CommandFailure) -> ServiceChecks
    ) throws(CommandFailure) -> Bool {
        if try !state().isOnline {
            let seconds = options.wait.components.seconds
            _ = try? service.call(
                "connect", [.init(name: "wait", value: .number(seconds))], on: loop, isInterrupted: isInterrupted)
            if isInterrupted() { throw .interrupted }
        }
        let now = try state()
        checks.security = now.security
        if let usesSocket = now.usesSocket { checks.socket = usesSocket ? profile.socket.dialect : nil }
        guard now.isOnline else {
            var session = checks
            session.sameID = true
            let stuck = now.stuck(session)
            if stuck.stage > .tcp { tell(checks.tcp) }
            if stuck.stage > .tls { tell(checks.tls) }
            return tell(stuck)
        }
        tell(checks.tcp)
        tell(checks.tls)
        return tell(checks.mqtt(clientID: configuration.remote.clientID))
    }
}
