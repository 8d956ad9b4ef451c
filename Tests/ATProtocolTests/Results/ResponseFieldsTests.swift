import ATProtocol
import Testing

@Suite("ResponseFields")
struct ResponseFieldsTests {
    @Test func `splits at commas outside of quotes`() {
        let fields = ResponseFields(line: bytes("+CGDCONT: 1,\"IP\",\"a,b\",\"10.0.0.1\",0,0"), prefix: "+CGDCONT")
        #expect(fields?.fields.map { text($0.bytes) } == ["1", "IP", "a,b", "10.0.0.1", "0", "0"])
        #expect(fields?.number(0) == 1)
        #expect(fields?.number(1) == nil)
        #expect(fields?.bytes(9) == nil)
    }

    @Test(arguments: ["+MQTTSTATU :1", "+MQTTSTATU: 1", "+MQTTSTATU:1", "+MQTTSTATU : 1 "])
    func `takes the colon with and without blanks`(_ line: String) {
        #expect(ResponseFields(line: bytes(line), prefix: "+MQTTSTATU")?.number(0) == 1)
    }

    @Test(arguments: ["+CSQX: 1", "+CS: 1", "+CSQ 1", "", "+CSQ"])
    func `refuses other prefixes`(_ line: String) {
        #expect(ResponseFields(line: bytes(line), prefix: "+CSQ") == nil)
    }

    @Test func `empty and broken fields are fields`() {
        #expect(ResponseFields(bytes("")).fields.count == 1)
        #expect(ResponseFields(bytes(",,")).fields.map(\.bytes.count) == [0, 0, 0])
        #expect(ResponseFields(bytes("1, \"a\" ,2")).fields.map { text($0.bytes) } == ["1", "a", "2"])
        #expect(ResponseFields(bytes("\"open,1")).fields.map { text($0.bytes) } == ["open,1"])
        #expect(ResponseFields(bytes("\"1\"")).number(0) == nil)
        #expect(ResponseFields(bytes("99999999999999999999")).number(0) == nil)
    }
}
