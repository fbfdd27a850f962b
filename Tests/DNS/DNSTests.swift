// tests of DNS
