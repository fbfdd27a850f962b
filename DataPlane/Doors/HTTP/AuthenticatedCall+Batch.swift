import Admission
import HTTP

/// The messages of one request, at every door that takes several: one is taken from the rate for each but the
/// first, for which the call took one, and but those that an earlier attempt with the same idempotency key
/// has queued.
extension AuthenticatedCall {
    /// Sends each alone, in their order as far as the rate goes. Each takes its one whatever becomes of it.
    /// Those that pass go to disk together.
    ///
    /// - Parameters:
    ///   - messages: and what is wrong with those that are none.
    ///   - shown: a refusal in the words of the dialect.
    /// - Returns: what became of each, in their order.
    func submitEach(
        _ messages: [Result<Submission, APIError>], _ shown: (Refusal) -> APIError
    ) async -> [Result<Receipt, APIError>] {
        let checked = takeRate(for: messages, shown)
        let submissions = checked.compactMap { try? $0.get() }
        var results = await intake.submit(submissions, from: principal).makeIterator()
        return checked.map { message in
            message.flatMap { _ in
                results.next()?.mapError { shown(Self.noted($0)) } ?? .failure(.internalError)
            }
        }
    }

    /// Sends all of them or none; then they have taken no more than a request that is refused.
    ///
    /// - Throws: the refusal of the first at fault, and 429 when they are more than the rate has left.
    func submitAll(_ submissions: [Submission]) async throws(BatchRefusal) -> [Receipt] {
        let further: Int
        do throws(Refusal) { further = try takeRate(forAll: submissions, count: submissions.count) } catch {
            throw BatchRefusal(error, at: nil)
        }
        do throws(BatchRefusal) { return try await intake.submitAll(submissions, from: principal) } catch {
            returnRate(further)
            throw error
        }
    }

    /// Takes for all of them or none.
    ///
    /// - Parameter submissions: `count` of them; made only for a request that is repeated.
    /// - Returns: how many it took.
    @discardableResult func takeRate(
        forAll submissions: some Sequence<Submission>, count: Int
    ) throws(Refusal) -> Int {
        let queued = KeyedSending.current?.placesQueued(of: submissions).count ?? 0
        let further = count - queued - 1
        guard further > 0 else { return 0 }
        do throws(Meters.RateExceeded) { try takeRate(further) } catch { throw error.refusal }
        return further
    }

    /// A refusal of one message of several, of which a repetition with the same key may be told otherwise.
    static func noted(_ refusal: Refusal) -> Refusal {
        KeyedSending.current?.note(refusal)
        return refusal
    }

    /// Those that the rate has no more for are failures.
    private func takeRate(
        for messages: [Result<Submission, APIError>], _ shown: (Refusal) -> APIError
    ) -> [Result<Submission, APIError>] {
        let queued = Self.placesQueued(of: messages)
        let (count, exceeded) = takeRate(upTo: messages.count - queued.count)
        guard let exceeded else { return messages }
        var checked = messages
        for place in messages.indices.filter({ !queued.contains($0) }).dropFirst(count) {
            checked[place] = .failure(shown(Self.noted(exceeded.refusal)))
        }
        return checked
    }

    private static func placesQueued(of messages: [Result<Submission, APIError>]) -> Set<Int> {
        let submissions = messages.lazy.compactMap { try? $0.get() }
        guard let queued = KeyedSending.current?.placesQueued(of: submissions), !queued.isEmpty else {
            return []
        }
        let places = messages.indices.filter { (try? messages[$0].get()) != nil }
        return Set(queued.map { places[$0] })
    }

    /// How many of so many messages the rate has room for, the first among them, and why not for more.
    private func takeRate(upTo count: Int) -> (count: Int, exceeded: Meters.RateExceeded?) {
        var further = count - 1
        var exceeded: Meters.RateExceeded?
        while further > 0 {
            do throws(Meters.RateExceeded) {
                try takeRate(further)
                break
            } catch {
                exceeded = error
                further = error.standing.remaining
            }
        }
        return (min(count, 1 + max(0, further)), exceeded)
    }
}
