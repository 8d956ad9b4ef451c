import ATProtocol
import BridgeCore
import ModemCore

/// What the driver tells the dispatcher.
protocol ModuleDriverDelegate: AnyObject {
    /// The remote broker has taken a new MQTT session; messages of that session come after this.
    func moduleSessionBegan()
    /// Messages may be published.
    func moduleOnline(_ profile: ModuleProfile, over kind: LinkKind)
    /// No messages may be published; `reason` for people.
    func moduleOffline(_ reason: String)
    /// Recovery has come to another rung, or failed there for another reason.
    func moduleRecovers(_ recovery: Recovery)
    /// The driver may take the next message, if there is one.
    func moduleReady()
    /// The remote broker has this message (QoS 0: the module has it).
    func moduleAcknowledged(_ id: Int64)
    /// This message cannot be carried.
    func moduleRefused(_ id: Int64, code: String, reason: String)
    /// This message goes back to the head of its queue; `certainlyNotSent` when the module answered `ERROR`.
    func moduleReturned(_ id: Int64, certainlyNotSent: Bool)
    /// The remote broker does not want this message now: it goes back to the head of its queue.
    func modulePostponed(_ id: Int64)
    /// The remote broker does not want this message until somebody changes something: it is kept aside.
    func moduleSetAside(_ id: Int64, reason: String)
    /// A message came from the remote broker.
    func moduleReceived(_ message: ReceivedMessage, for audience: Audience)
    /// A batch of messages came whose acknowledgements can be held: whether they may leave at once.
    func moduleMayAcknowledge() -> Bool
    /// The remote broker acknowledged a subscription.
    func moduleSubscribed(_ filter: [UInt8])
    /// The remote broker dropped a filter of an earlier configuration.
    func moduleUnsubscribed(_ filter: [UInt8])
    /// Something to say, not too often for each `code`.
    func moduleWarned(_ code: String, _ text: String)
    /// Something to count.
    func moduleCounted(_ counter: WritableKeyPath<Counters, UInt64>, _ amount: Int)
    /// Writes or removes the record of an open `AT+MPUBEX`; `ModuleDriver.dataModeRecorded` once a write is on disk.
    func recordDataMode(bytes: Int?)
    /// Puts what is known of the modules' files on disk; `ModuleDriver.manifestRecorded` once it is there.
    func recordManifest(_ bytes: [UInt8], token: Int)
    /// Puts what the recovery ladder has to remember on disk.
    func recordLadder(_ bytes: [UInt8])
    /// No rung of the ladder has helped: the service may end, to be started anew.
    func moduleGaveUp(_ reason: String)
    /// Runs the hardware reset; `ModuleDriver.hardwareResetFinished` afterwards.
    func resetHardware()
    /// The PIN was refused by this card.
    func pinRefused(iccid: String)
    /// The port is open and ours.
    func portOpened()
    /// The port could not be opened; true when that ends the service (it never was open).
    func portFailed(_ failure: PortFailure) -> Bool
    /// The session is closed after `stop`.
    func moduleFinished()
}
