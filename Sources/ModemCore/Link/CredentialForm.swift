import ATProtocol

/// How `AT+MCONFIG` is written. Some firmware answers 765 to empty credentials although the manual recommends them
/// (module-behaviour 3); then the next form is tried. Configured credentials and a will are never left out.
enum CredentialForm: Equatable {
    /// As configured, with empty strings where nothing is.
    case asConfigured
    /// The client id alone; only without credentials and will.
    case clientIDOnly
    /// User = client id, for a will without credentials.
    case clientIDAsUser
    /// User = password = client id, when even that was refused.
    case clientIDAsBoth

    /// The form to try after this one was answered 765; `nil`: none.
    func next(_ settings: LinkSettings) -> CredentialForm? {
        guard settings.username == nil, settings.password == nil else { return nil }
        switch self {
        case .asConfigured: return settings.will == nil ? .clientIDOnly : .clientIDAsUser
        case .clientIDOnly: return .clientIDAsUser
        case .clientIDAsUser: return .clientIDAsBoth
        case .clientIDAsBoth: return nil
        }
    }

    func command(_ settings: LinkSettings) throws(ATEncodingError) -> ATCommand {
        switch self {
        case .asConfigured:
            try .mconfig(
                clientID: settings.clientID, username: settings.username, password: settings.password,
                will: settings.will)
        case .clientIDOnly: try .mconfigClientIDOnly(settings.clientID)
        case .clientIDAsUser:
            try .mconfig(clientID: settings.clientID, username: settings.clientID, password: [], will: settings.will)
        case .clientIDAsBoth:
            try .mconfig(
                clientID: settings.clientID, username: settings.clientID, password: settings.clientID,
                will: settings.will)
        }
    }
}
