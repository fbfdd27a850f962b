// tests of HTTP
