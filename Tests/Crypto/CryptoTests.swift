// tests of Crypto
