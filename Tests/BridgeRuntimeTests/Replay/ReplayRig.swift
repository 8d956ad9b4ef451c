import BridgeCore
import BridgeTestKit
import ModemCore

@testable import BridgeRuntime

/// A bridge with a flight recorder, under virtual time.
final class ReplayRig {
    let rig: Rig
    let recorder = FlightRecorder()

    /// A rig that is started and recorded from its first event on.
    init(_ rig: Rig = Rig()) throws {
        self.rig = rig
        rig.onBuilt = { [recorder, clock = rig.clock] bridge in
            bridge.module.onDialogue = { recorder.add($0, now: clock.now) }
        }
    }

    /// What a file would hold now.
    func text(secrets: [[UInt8]] = []) -> [UInt8] {
        var link = rig.settings
        link.subscriptions = ((try? RoutingTable(rig.routes))?.remoteSubscriptions ?? []).map {
            LinkSettings.Subscription(filter: $0.filter.bytes, qos: $0.qos)
        }
        var settings = ReplaySettings(link: link, baud: 115_200)
        settings.profile = rig.module.link.currentProfile
        settings.wallClock = 1_700_000_000
        return FlightRecord(
            settings: settings.lines, pieces: recorder.pieces, isCut: recorder.isCut, secrets: secrets
        ).text(note: "a test")
    }

    /// The lines of a replay of what a file would hold.
    static func replay(_ text: [UInt8]) throws -> (lines: [Replay.Line], summary: Replay.Summary) {
        var lines: [Replay.Line] = []
        let summary = Replay.run(try DialogueRecord(text)) { lines.append($0) }
        return (lines, summary)
    }

    static func differences(_ lines: [Replay.Line]) -> [String] {
        lines.filter { $0.kind == .difference }.map(\.description)
    }
}
