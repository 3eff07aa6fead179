"""A seeded market: goods, shoppers and days, made from our own words and drawings.

`catalogue` makes the goods and their pictures, `truth` knows what shoppers want. No room may import this one: what it
knows about quality and taste is exactly what the rooms have to find out.
"""
