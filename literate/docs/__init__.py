"""Documentation: notebooks become pages of a site, and a README.

Pages are made by reading. No notebook is run here, and no module is imported.
"""
