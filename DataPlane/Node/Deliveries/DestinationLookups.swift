import Delivery
import EventLoop

/// Asks the DNS in which lanes domains belong: once for each domain, however many wait for the answer. Loop
/// bound.
final class DestinationLookups {
    private let loop: EventLoop
    private let selector: MXSelector
    private var asked: Set<String> = []

    init(on loop: EventLoop, selector: MXSelector) {
        self.loop = loop
        self.selector = selector
    }

    /// Answers on the loop, always; nothing happens when the question is open already.
    func ask(_ domain: String, _ answer: @escaping (LaneName) -> Void) {
        guard asked.insert(domain).inserted else { return }
        let bound = LoopBound((self, answer), on: loop)
        loop.spawn {
            let (lookups, answer) = bound.value
            let name = await lookups.selector.laneName(of: domain)
            lookups.asked.remove(domain)
            answer(name)
        }
    }
}
