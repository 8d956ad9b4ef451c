/// What the module does later.
extension SimulatedModule {
    /// What happens later.
    enum Item: Equatable {
        case execute([UInt8])
        case resume(Work, rest: [ParsedCommand], lines: [[UInt8]])
        case releaseHeld
        case bootReady, bootReadyAgain, simReady
        case register
        case urc([String])
        case dataQuiet(generation: Int)
        case dataExpired(number: Int)
        case networkTime
        case timeServerAnswer(isHeard: Bool)
        case ping(generation: Int)
        case connectTimeout(generation: Int)
        case streamTimeout(connection: Int)
        case cip(CIPTimer)
        case quectel(QuectelTimer)
        case bc260y(BC260YTimer)
        case outgoing(Action)
        case incoming(NetworkEvent, connection: Int)
        case puback([UInt8])
        case refuseSession
        case restart(CellState.Cure)
        case restartStack
        case reactivate
        case serviceReturns
        /// Nothing but a reason to look again: the network is no longer frozen.
        case networkResumes

        /// Whether this is traffic that a frozen network holds back.
        var isTraffic: Bool {
            switch self {
            case .outgoing, .incoming: true
            default: false
            }
        }
    }

    /// The second half of a command that takes time.
    enum Work: Equatable {
        case setFunction(Int)
        case shutContext
        case attach(Bool)
        case activate(Int, Bool)
        case cip(CIPWork)
        case quectel(QuectelWork)
    }
}
