import BridgeTestKit
import Testing

@testable import Control

struct JSONValueTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    @Test func whatIsWrittenIsReadAgain() throws {
        let value = JSONValue.members([
            "text": "a \"quoted\" \\ line\nwith \u{1F4E1} and é", "number": -9_007_199_254_740_993, "yes": true,
            "no": .null,
            "list": .list([1, "two", .list([]), .members([:])]), "half": .fraction(0.5),
        ])
        #expect(try JSONValue(parsing: Array(value.description.utf8)) == value)
        #expect(value.description.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
    }

    @Test(arguments: [
        "", " ", "{", "{\"a\":1,\"a\":2}", "[1,]", "nul", "\"\\u0000\"", "{\"a\":1} x", "\"\\ud800\"", "1e999",
        "99999999999999999999",
    ])
    func whatIsNoJSONIsRefused(_ text: String) {
        #expect(throws: JSONProblem.self) { try parse(text) }
    }

    @Test func bytesThatAreNoUTF8AreRefused() {
        #expect(throws: JSONProblem.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
    }

    @Test func nestingIsBounded() throws {
        let fits = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
        _ = try parse(fits)
        #expect(throws: JSONProblem(text: "nested more than 32 levels deep")) { try parse("[" + fits + "]") }
        #expect(throws: JSONProblem.self) { try parse(String(repeating: "[", count: 1 << 20)) }
        // Brackets in a string are none.
        _ = try parse("\"" + String(repeating: "[", count: 100) + "\\\"\"")
    }

    @Test func membersAreFoundByName() throws {
        let value = try parse("{\"id\":7,\"do\":\"status\",\"flag\":true,\"list\":[1]}")
        #expect(value["id"]?.integer == 7 && value["do"]?.string == "status" && value["flag"]?.boolean == true)
        #expect(value["list"]?.elements == [1] && value["none"] == nil)
        #expect(JSONValue.text("x")["id"] == nil)
    }

    @Test func base64KeepsEveryByte() {
        for count in 0...260 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
        #expect(Base64.encode(Array("cell".utf8)) == "Y2VsbA==")
        for wrong in ["Y", "Y2V", "Y2Vs\n", "Y2V*", "====", "Y=Vs", "Y2VsbA="] { #expect(Base64.decode(wrong) == nil) }
    }
}
