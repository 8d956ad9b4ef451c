import Testing

@testable import ATProtocol

@Suite("URCParser")
struct URCParserTests {
    static let hard: [(String, String)] = [
        ("CONNECT OK", "connectOK"), ("7,CONNECT OK", "connectOK"), ("7, CONNECT OK", "connectOK"),
        ("12, CONNECT OK", "connectOK"), ("ALREADY CONNECT", "alreadyConnect"), ("CONNECT FAIL", "connectFail -"),
        ("7,CONNECT FAIL", "connectFail -"), ("CONNACK OK", "connackOK"), ("SUBACK", "suback"),
        ("UNSUBACK", "unsuback"), ("PUBACK", "puback"), ("7,PUBACK", "puback"), ("PUBREC", "pubrec"),
        ("PUBCOMP", "pubcomp"), ("CLOSED", "closed"), ("7,CLOSED", "closed"), ("7, CLOSED", "closed"),
        ("+PDP DEACT", "pdpDeactivated"), ("+PDP:DEACT", "pdpDeactivated"), ("+PDP: DEACT", "pdpDeactivated"),
        ("+CGEV: NW PDN DEACT 1", "pdnDeactivated(cid: Optional(1))"),
        ("+CGEV: ME PDN DEACT 5,0", "pdnDeactivated(cid: Optional(5))"),
        ("+CGEV: EPS PDN DEACT 1", "pdnDeactivated(cid: Optional(1))"),
        ("+CGEV: NW DEACT \"IP\",\"10.0.0.1\",1", "pdnDeactivated(cid: Optional(1))"),
        ("+CGEV: NW DEACT \"IP\", ,2", "pdnDeactivated(cid: Optional(2))"),
        ("+CGEV: ME DEACT \"IP\",\"10.0.0.1\"", "pdnDeactivated(cid: nil)"),
        ("+CGEV: ME DEACT 1,3", "pdnDeactivated(cid: Optional(3))"), ("+CGEV: NW DEACT", "pdnDeactivated(cid: nil)"),
        ("+CGEV: NW PDN DEACT", "pdnDeactivated(cid: nil)"), ("+CGEV: ME DETACH", "detached"),
        ("+CGEV: NW DETACH", "detached"), ("+CGEV: ME PDN ACT 1", "pdnActivated(cid: Optional(1))"),
        ("+CGEV: ME PDN ACT 1,0", "pdnActivated(cid: Optional(1))"), ("+CGEV: ME CLASS B", "cgev ME CLASS B"),
        ("+CGEV:", "cgev "), ("RDY", "banner ready"), ("^boot.rom\u{1}\u{2}", "banner bootROM"),
        ("POWERED DOWN", "banner poweredDown"), ("NORMAL POWER DOWN", "banner poweredDown"),
        ("+MSUB: 0", "cached 0"), ("+MSUB:3", "cached 3"), ("+MSUB:SUCCESS", "other +MSUB:SUCCESS"),
        ("+NITZ: 22/10/26,07:37:55+32,0", "time 2022-10-26 7:37:55 32"),
        ("+NITZ: 2024/10/11,07:38:35+0,0", "time 2024-10-11 7:38:35 0"),
        ("+NITZ: 24/08/22,07:00:02+32,", "time 2024-8-22 7:0:2 32"),
        ("+NITZ: 24/08/22,07:00:02-20", "time 2024-8-22 7:0:2 -20"),
        ("+NITZ: 24/13/22,07:00:02+32,", "other +NITZ: 24/13/22,07:00:02+32,"), ("+NITZ:", "other +NITZ:"),
        ("+NO Service", "no service"), ("+E_UTRAN Service", "service E_UTRAN"), ("^MODE: 0,0", "other ^MODE: 0,0"),
        ("STATE: IP INITIAL", "other STATE: IP INITIAL"), ("RING", "other RING"),
    ]

    @Test(arguments: hard)
    func `knows`(_ line: String, _ expected: String) {
        #expect(URCParser.parse(bytes(line))?.summary == expected)
    }

    @Test(arguments: [
        "OK", "ERROR", "SEND OK", "123,CONNECT OK", ",CONNECT OK", "7 CONNECT OK", "CONNECT OK.", "PUBACKS", "CLOSEDD",
        "+CSQ: 20,99", "860000000000001", "10.76.1.35", "AirM2M_780E_V1169_LTE_AT", "7", "7,", "",
    ])
    func `does not take for a URC`(_ line: String) {
        #expect(URCParser.parse(bytes(line)) == nil)
    }

    static let soft: [(String, String?)] = [
        ("+CPIN: READY", "simReady"), ("+CPIN: READY 0", "simReady"), ("+CPIN: SIM REMOVED 0", "simRemoved"),
        ("+CPIN: SIM REMOVED", "simRemoved"), ("+CPIN: SIM PIN", "sim SIM PIN"), ("+CPIN:READY", "simReady"),
        ("+CEREG: 1", "cereg 1"), ("+CEREG: 5,\"2797\",\"02B82E17\",7", "cereg 5"),
        ("+CGREG: 2,1,\"2797\",\"02B82E17\",7", "cgreg 1"), ("+CREG: 0", "creg 0"), ("+CREG: 0,1", "creg 1"),
        ("+CEREG: ", "other +CEREG: "), ("+CEREG: x", "other +CEREG: x"), ("+CSQ: 20,99", nil),
    ]

    @Test(arguments: soft)
    func `knows unless a command asked`(_ line: String, _ expected: String?) {
        #expect(URCParser.parseSoft(bytes(line))?.summary == expected)
    }
}
