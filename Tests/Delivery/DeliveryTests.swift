// tests of Delivery
