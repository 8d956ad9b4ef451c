import BridgeCore
import Control

extension Counters {
    /// Every counter by its name.
    var json: JSONValue {
        .members([
            "out_accepted": .count(outAccepted), "out_unrouted": .count(outUnrouted),
            "out_acknowledged": .count(outAcknowledged), "out_refused": .count(outRefused),
            "out_set_aside": .count(outSetAside),
            "out_retried": .count(outRetried), "out_bytes": .count(outBytes), "in_received": .count(inReceived),
            "in_delivered": .count(inDelivered), "in_refused": .count(inRefused), "in_unrouted": .count(inUnrouted),
            "in_retried": .count(inRetried), "in_bytes": .count(inBytes), "in_overwritten": .count(inOverwritten),
            "in_unframed": .count(inUnframed), "echoes_dropped": .count(echoesDropped),
            "heartbeats": .count(heartbeats),
            "sessions": .count(sessions), "breaks": .count(breaks), "module_restarts": .count(moduleRestarts),
            "command_timeouts": .count(commandTimeouts), "late_acknowledgements": .count(lateAcknowledgements),
            "stray_acknowledgements": .count(strayAcknowledgements), "input_discarded": .count(inputDiscarded),
            "port_losses": .count(portLosses), "local_breaks": .count(localBreaks), "commits": .count(commits),
            "commit_failures": .count(commitFailures),
        ])
    }
}

extension JSONValue {
    /// A counter.
    static func count(_ value: UInt64) -> JSONValue { .number(Int64(clamping: value)) }
}
