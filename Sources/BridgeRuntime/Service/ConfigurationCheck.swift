import ATProtocol
import BridgeCore
package import Configuration
import GPIO
import Glibc
import ModemCore

/// A configuration looked at as a whole: the file's own problems, and those of routes that do not fit together.
package enum ConfigurationCheck {
    /// Reads the file at `path`. What is valid here, `BridgeService` takes. Blocks; any thread.
    package static func load(path: String) -> Configuration.Loaded {
        let loaded = Configuration.load(path: path)
        guard case .valid(let configuration, let warnings) = loaded else { return loaded }
        do throws(RouteProblem) {
            let table = try configuration.routingTable()
            let files = certificates(configuration, path)
            let all =
                warnings + repeats(table, path) + grants(configuration, path) + receiving(configuration, path) + files
                + resetLine(configuration, path)
            // OpenSSL would only say the same of a file again.
            let areSound = !files.contains { $0.severity == .error }
            let bad = files + (areSound ? ownTLS(configuration, path) : [])
            if bad.contains(where: { $0.severity == .error }) { return .invalid(bad + warnings) }
            return .valid(configuration, warnings: all)
        } catch {
            return .invalid([problem(error.index, error.key.rawValue, error.why, .error, path)] + warnings)
        }
    }

    /// What is to be said about the files of `[remote] tls`.
    private static func certificates(_ configuration: Configuration, _ path: String) -> [Problem] {
        guard let tls = configuration.remote.tls else { return [] }
        return RemoteCertificates(tls, now: Int64(time(nil))).findings.map { finding in
            let place = Configuration.place(of: ["remote", "tls", finding.key], inFile: path)
            return Problem(
                file: path, line: place?.line ?? 0, column: place?.column ?? 0, key: "remote.tls.\(finding.key)",
                message: finding.message, severity: finding.severity)
        }
    }

    /// Whether the line of `[module] reset` is there and can be requested. A warning: the bridge works without it, until
    /// the day it is needed.
    private static func resetLine(_ configuration: Configuration, _ path: String) -> [Problem] {
        guard case .gpio(let chip, let line, _, _) = configuration.module.reset else { return [] }
        do throws(GPIOError) {
            try GPIOLine.check(chip: chip, line: line)
            return []
        } catch {
            let place = Configuration.place(of: ["module", "reset", "gpio"], inFile: path)
            return [
                Problem(
                    file: path, line: place?.line ?? 0, column: place?.column ?? 0, key: "module.reset.gpio",
                    message: "the module cannot be reset by it: \(error)", severity: .warning)
            ]
        }
    }

    /// A route that never gets a message, because an earlier one takes all of them.
    private static func repeats(_ table: RoutingTable, _ path: String) -> [Problem] {
        var problems: [Problem] = []
        for (index, route) in table.routes.enumerated() {
            guard let filter = try? TopicFilter(route.localFilter), let remote = try? TopicFilter(route.remoteFilter)
            else { continue }
            let earlier = table.routes[..<index].firstIndex { other in
                let takesOut =
                    !route.goesOut
                    || other.goesOut && ((try? TopicFilter(other.localFilter).covers(filter)) ?? false)
                let takesIn =
                    !route.goesIn || other.goesIn && ((try? TopicFilter(other.remoteFilter).covers(remote)) ?? false)
                return takesOut && takesIn
            }
            guard let earlier else { continue }
            problems.append(
                problem(
                    index, "topic", "takes nothing: route[\(earlier + 1)] comes first and takes all of it", .warning,
                    path))
        }
        return problems
    }

    private static func problem(
        _ index: Int, _ key: String, _ why: String, _ severity: Problem.Severity, _ path: String
    ) -> Problem {
        let place = Configuration.place(ofRoute: index, key: key, inFile: path)
        return Problem(
            file: path, line: place?.line ?? 0, column: place?.column ?? 0, key: "route[\(index + 1)].\(key)",
            message: why, severity: severity)
    }

    /// What a valid configuration means, one line each.
    package static func summary(_ configuration: Configuration) -> [String] {
        guard let table = try? configuration.routingTable() else { return [] }
        var lines = [
            "local broker \(configuration.local.host):\(configuration.local.port), as \(configuration.local.clientID)"
        ]
        let port =
            switch configuration.module.port {
            case .path(let path): "\(path) at \(configuration.module.baud) baud"
            case .simulator: "simulator at \(configuration.module.baud) baud"
            }
        lines.append("module \(port), profile \(configuration.module.profile.rawValue)")
        lines.append(
            "remote broker \(configuration.remote.host):\(configuration.remote.port), as \(configuration.remote.clientID)"
        )
        if let tls = configuration.remote.tls { lines += security(tls) }
        for route in table.routes {
            let sign = route.goesOut && route.goesIn ? "<->" : route.goesOut ? "-->" : "<--"
            lines.append(
                "route  local \(readable(route.localFilter)) \(sign) remote \(readable(route.remoteFilter)), "
                    + quality(route, configuration.linkKind))
        }
        lines += link(configuration)
        lines.append("local subscriptions: \(list(table.localFilters))")
        lines.append("module subscriptions: \(list(table.remoteSubscriptions.map(\.filter)))")
        lines.append("link's state at local cellbridge/\(configuration.bridge.name)/state and /link")
        lines.append(limits(configuration))
        lines.append(
            "queue \(configuration.queue.path), at most \(size(configuration.queue.maxBytes)), then \(configuration.queue.overflow.rawValue)"
        )
        return lines
    }

    private static func security(_ tls: Configuration.RemoteTLS) -> [String] {
        guard tls.verify else { return ["TLS: encrypted, broker not verified"] }
        let files = RemoteCertificates(tls, now: Int64(time(nil)))
        let own = tls.certificate == nil ? "" : ", with a client certificate"
        let whom =
            tls.pskIdentity.map { "by the pre-shared key of \(readable(Array($0.utf8)))" } ?? "as \(tls.hostname)\(own)"
        let maker = tls.isOurs ? ["TLS: made by this host, \(tls.minimumVersion.rawValue) and above"] : []
        return maker + ["TLS: broker verified \(whom)"] + (files.summary + files.notes).map { "TLS: \($0)" }
    }

    private static func limits(_ configuration: Configuration) -> String {
        let topics = "topics up to 256 bytes without \" and \\"
        let dialect = ModuleProfile.named(configuration.module.profile.rawValue)?.socket.dialect ?? .cip
        let most = ModuleDriver.socketPayloadLimit(baud: configuration.module.baud, dialect: dialect)
        if configuration.linkKind == .socket {
            return "limits: \(topics); payloads up to \(most) bytes out, 512 KiB in"
        }
        guard let profile = ModuleProfile.named(configuration.module.profile.rawValue) else {
            let known = ModuleProfile.all.filter(\.hasMQTT).map { "\($0.name) \($0.payloadLimit)" }.joined(
                separator: ", ")
            let other =
                configuration.linkKind == nil ? "; over the socket link \(most)" : ""
            return "limits: \(topics); payloads as the module found allows (bytes: \(known)\(other))"
        }
        return "limits: \(topics); payloads up to \(profile.payloadLimit) bytes out, \(profile.receiveLimit) in"
    }

    private static func list(_ filters: [TopicFilter]) -> String {
        filters.isEmpty ? "none" : filters.map { readable($0.bytes) }.joined(separator: ", ")
    }

    private static func size(_ bytes: Int64) -> String {
        if bytes % (1 << 20) == 0 { return "\(bytes >> 20) MiB" }
        if bytes % 1024 == 0 { return "\(bytes >> 10) KiB" }
        return "\(bytes) bytes"
    }
}
