// tests of Queue
