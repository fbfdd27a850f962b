import Crypto
import MailAuth
import TestSupport
import Testing

/// Our signatures in the eyes of other implementations, and theirs in ours. Skipped where those are not
/// installed.
@Suite struct DKIMOracleTests {
    /// The obsolete syntax of RFC 5322 §4.5.
    private static let refusedByDkimpy = "with space before a colon"

    /// Every message with every canonicalization and both keys, as files in a folder, with the key records
    /// beside.
    private func writeSignedMessages(
        to folder: TemporaryDirectory, selectors: [String], except excluded: Set<String> = []
    ) throws -> Int {
        var count = 0
        for (name, message) in DKIMFixtures.messages where !excluded.contains(name) {
            for (header, body) in DKIMFixtures.canonicalizations {
                for selector in selectors {
                    let signer = try DKIMFixtures.signer(selector, header: header, body: body)
                    let field = try signer.sign(message, at: 1_700_000_000)
                    try Files.write(field + message, to: folder.file("\(count).eml"))
                    count += 1
                }
            }
        }
        for (selector, records) in try DKIMFixtures.keys().records {
            try folder.write(try #require(records.first), to: "\(selector).txt")
        }
        return count
    }

    private func isAvailable(_ command: [String]) async -> Bool {
        if (try? await ChildProcess.run(command)) != nil { return true }
        print("skipped: \(command.joined(separator: " ")) does not work here")
        return false
    }

    @Test func `dkimpy accepts our signatures with both keys and all canonicalizations`() async throws {
        guard await isAvailable(["python3", "-c", "import dkim, nacl"]) else { return }
        let folder = try TemporaryDirectory()
        let count = try writeSignedMessages(
            to: folder, selectors: ["rsa", "ed"], except: [Self.refusedByDkimpy])
        let program = """
            import dkim, sys, os
            folder = sys.argv[1]
            def txt(name, timeout=5):
                selector = (name if isinstance(name, str) else name.decode()).split('.')[0]
                return open(os.path.join(folder, selector + '.txt'), 'rb').read()
            for number in range(int(sys.argv[2])):
                message = open(os.path.join(folder, '%d.eml' % number), 'rb').read()
                try: good = dkim.DKIM(message).verify(dnsfunc=txt)
                except Exception as error: good = error
                if good is not True: print(number, repr(good), message[:300])
            """
        let output = try await ChildProcess.run(["python3", "-c", program, folder.path, "\(count)"])
        #expect(output == "")
    }

    @Test func `Mail DKIM for Perl accepts our RSA signatures with all canonicalizations`() async throws {
        guard await isAvailable(["perl", "-MMail::DKIM::Verifier", "-MNet::DNS", "-e", "1"]) else { return }
        let folder = try TemporaryDirectory()
        // It does not add the CRLF that RFC 6376 §3.4.3 wants after a last line without one; SMTP has no
        // such body.
        let count = try writeSignedMessages(to: folder, selectors: ["rsa"], except: ["without a line end"])
        let program = """
            my ($folder, $count) = @ARGV;
            no warnings;
            *Mail::DKIM::DNS::query = sub {
                my ($selector) = split /\\./, $_[0];
                open my $file, '<', "$folder/$selector.txt" or return ();
                local $/; my $text = <$file>;
                my @strings = $text =~ /(.{1,200})/gs;
                return Net::DNS::RR->new(name => $_[0], type => 'TXT', txtdata => \\@strings);
            };
            for my $number (0 .. $count - 1) {
                my $verifier = Mail::DKIM::Verifier->new;
                open my $file, '<:raw', "$folder/$number.eml" or die;
                local $/; $verifier->PRINT(scalar <$file>); $verifier->CLOSE;
                print "$number ", $verifier->result_detail, "\\n" unless $verifier->result eq 'pass';
            }
            """
        let output = try await ChildProcess.run([
            "perl", "-MMail::DKIM::Verifier", "-MMail::DKIM::DNS", "-MNet::DNS", "-e", program, folder.path,
            "\(count)",
        ])
        #expect(output == "")
    }

    @Test func `we accept what dkimpy signs, and not when its body was changed`() async throws {
        guard await isAvailable(["python3", "-c", "import dkim, nacl"]) else { return }
        let folder = try TemporaryDirectory()
        let keys = try DKIMFixtures.keys()
        try folder.write(try keys.rsa.pemEncoded(), to: "rsa.key")
        try folder.write(Base64.encode(keys.ed25519.raw), to: "ed.key")
        let names = DKIMFixtures.messages.keys.filter { $0 != Self.refusedByDkimpy }
        for (number, name) in names.enumerated() {
            try Files.write(try #require(DKIMFixtures.messages[name]), to: folder.file("\(number).eml"))
        }
        let program = """
            import dkim, sys, os, itertools
            folder, count = sys.argv[1], int(sys.argv[2])
            forms = (b'simple', b'relaxed')
            keys = ((b'rsa', b'rsa-sha256'), (b'ed', b'ed25519-sha256'))
            def read(name): return open(os.path.join(folder, name), 'rb').read()
            for number, key, header, body, length in itertools.product(
                    range(count), keys, forms, forms, (False, True)):
                message = read('%d.eml' % number)
                selector, algorithm = key
                field = dkim.sign(
                    message, selector, b'example.test', read(selector.decode() + '.key'),
                    canonicalize=(header, body), signature_algorithm=algorithm, length=length)
                name = '%d.%s.%s.%s.%d' % (number, selector.decode(), header.decode(), body.decode(), length)
                open(os.path.join(folder, name), 'wb').write(field + message)
                print(name)
            """
        let output = try await ChildProcess.run(["python3", "-c", program, folder.path, "\(names.count)"])
        let files = output.split(separator: "\n")
        #expect(files.count == names.count * 16)
        for file in files {
            let signed = try Files.read(folder.file(String(file)))
            let results = try await DKIMFixtures.verify(signed)
            #expect(results.map(\.result) == [.pass], "\(file)")
            let changed = signed + Array("more\r\n".utf8)
            let withMore = try await DKIMFixtures.verify(changed)
            #expect(
                withMore.map(\.result) != [.pass] || withMore.first?.unsignedBodyBytes ?? 0 > 0, "\(file)")
        }
    }
}
