import Testing

@testable import Node

@Suite struct ControlPlaneAddressesTests {
    @Test func `the one that answers is asked first until it fails, and then the next`() {
        let addresses = ControlPlaneAddresses(["a", "b", "c"])
        #expect(addresses.inOrder == ["a", "b", "c"])
        addresses.failed("a")
        #expect(addresses.inOrder == ["b", "c", "a"])
        // Another task was slower to notice.
        addresses.failed("a")
        #expect(addresses.inOrder == ["b", "c", "a"])
        addresses.failed("b")
        addresses.failed("c")
        #expect(addresses.inOrder == ["a", "b", "c"])
    }

    @Test func `a single one stays`() {
        let addresses = ControlPlaneAddresses(["a"])
        addresses.failed("a")
        #expect(addresses.inOrder == ["a"])
    }
}
