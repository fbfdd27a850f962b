// tests of Journal
