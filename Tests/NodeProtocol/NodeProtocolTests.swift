// tests of NodeProtocol
