import EventLoop

extension Resolver {
    /// Follows a question and its aliases to the end, and keeps what comes out.
    func follow(_ question: Question, _ deadline: MonotonicTime) async throws(DNSError) -> Answer {
        var name = question.name
        var aliases = 0
        var ttl = UInt32.max
        var isAuthentic = true
        while aliases <= ResponseReading.maxAliases {
            let (message, reading) = try await askServers(Question(name, question.type), deadline)
            isAuthentic =
                isAuthentic && settings.trustsAuthenticData && message.flags.contains(.authenticData)
            ttl = min(ttl, reading.ttlSeconds ?? 0)
            aliases += reading.aliases
            name = reading.name
            switch reading.ending {
            case .records(let records):
                let answer = Answer(
                    question: question, canonicalName: name, records: records, isAuthenticData: isAuthentic,
                    ttlSeconds: ttl)
                keep(.success(answer), for: question, seconds: max(1, min(ttl, settings.maxCacheSeconds)))
                return answer
            case .nxdomain:
                keep(.failure(.nxdomain), for: question, seconds: min(ttl, settings.maxNegativeCacheSeconds))
                throw .nxdomain
            case .noData:
                keep(.failure(.noData), for: question, seconds: min(ttl, settings.maxNegativeCacheSeconds))
                throw .noData
            case .alias: continue
            case .referral, .endless: throw .servfail
            }
        }
        throw .servfail
    }

    private func keep(_ result: AnswerCache.Result, for question: Question, seconds: UInt32) {
        guard seconds > 0 else { return }
        cache.keep(result, for: question, until: loop.now.advanced(by: .seconds(Int64(seconds))))
    }

    /// Goes through the servers until one answers. A server that gave an unusable answer is not asked again.
    private func askServers(
        _ question: Question, _ deadline: MonotonicTime
    ) async throws(DNSError) -> (DNSMessage, ResponseReading) {
        let count = settings.servers.count
        var candidates = (0..<count).map { (preferredServer + $0) % count }
        var failure = DNSError.timedOut
        for _ in 0..<max(1, settings.rounds) {
            for index in candidates {
                guard deadline > MonotonicTime.now() else { throw failure }
                do throws(DNSError) {
                    let message = try await ask(
                        settings.servers[index], question, recursionDesired: true, deadline: deadline)
                    let reading = ResponseReading(message, question)
                    if case .referral = reading.ending { throw .refused }
                    return (message, reading)
                } catch {
                    failure = error
                    if error == .timedOut {
                        demote(index)
                    } else {
                        candidates.removeAll { $0 == index }
                    }
                }
            }
        }
        throw failure
    }

    private func demote(_ index: Int) {
        if preferredServer == index { preferredServer = (index + 1) % settings.servers.count }
    }

    /// One server's usable message: NOERROR or NXDOMAIN. A server that does not know EDNS is asked without
    /// it.
    func ask(
        _ server: SocketAddress, _ question: Question, recursionDesired: Bool, deadline: MonotonicTime
    ) async throws(DNSError) -> DNSMessage {
        for edns in [true, false] {
            let message = try await exchange(server, question, recursionDesired, edns, deadline)
            switch message.responseCode {
            case .noError, .nameError: return message
            case .formatError, .notImplemented, .badVersion:
                if edns { continue }
                throw .refused
            case .refused: throw .refused
            default: throw .servfail
            }
        }
        throw .refused
    }

    private func exchange(
        _ server: SocketAddress, _ question: Question, _ recursionDesired: Bool, _ edns: Bool,
        _ deadline: MonotonicTime
    ) async throws(DNSError) -> DNSMessage {
        let exchange = Exchange(
            server: server, question: question, recursionDesired: recursionDesired, edns: edns,
            id: UInt16.random(in: .min ... .max, using: &random),
            deadline: min(deadline, MonotonicTime.now().advanced(by: settings.serverTimeout)))
        var happened = ResolverCounts()
        defer {
            counts.datagrams &+= happened.datagrams
            counts.connections &+= happened.connections
        }
        do throws(Exchange.Failure) {
            return try await exchange.run(counts: &happened)
        } catch {
            switch error {
            case .malformed:
                counts.malformed &+= 1
                throw .malformed
            case .timedOut, .unreachable:
                counts.timeouts &+= 1
                throw .timedOut
            }
        }
    }
}
